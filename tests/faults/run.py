"""One run: start everything, let the faults strike, let it calm down, and judge."""

import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from portal.models import User
from tests.faults import histories, judge, watcher
from tests.faults.injector import Injector
from tests.faults.judge import Verdict
from tests.faults.processes import ROOT, WORKERS, Portal
from tests.faults.provider import Provider
from tests.faults.scene import Scene
from tests.faults.visitor import EMAIL, PASSWORD, Visitor
from tests.faults.watcher import Watcher
from tests.faults.witness import Books
from ultahost_api import keys
from ultahost_api.models import LISTS, Event, Operation, Refresh

_CALM_WITHIN = 240.0  # seconds: a lease, a limit told by nobody, and the way through all accounts
_SETTLED_WITHIN = 120.0
_UNFORESEEN = re.compile(r"Internal Server Error: \S+|raised unexpected: .*")


class Run:
    def __init__(self, provider_port: int, accounts: int, seed: int) -> None:
        random = Random(seed)
        self.verdict = Verdict()
        self.provider = Provider(provider_port, accounts, Random(seed))
        self.portal = Portal(settings.PORTAL_DATA_DIR, settings.PORTAL_PORT)
        self.watcher = Watcher(self.provider)
        self.visitor = Visitor(self.portal.url, self.provider, Random(seed))
        self.scene = Scene(self.portal, self.provider, random, self.watcher.patience.doorbell_lost)
        self.injector = Injector(self.scene)

    def __call__(self, faults: int, seconds: float) -> Verdict:
        with self.provider:
            self.portal.start()
            try:
                self._fill()
                self._timed("first copy in", self._copy)
                self._timed("struck for", self._strike, faults, seconds)
                self._timed("calm after", self._calm_down)
                self._timed("read in quiet in", self._read_all_in_quiet)
                self._timed("settled in", self._settle)
                self._judge()
            finally:
                self.watcher.stop()
                connection.close()
                self.verdict.find("left_behind", self.portal.stop())
        return self.verdict

    def _timed(self, words: str, act: Callable[..., None], *arguments: Any) -> None:
        began = time.monotonic()
        act(*arguments)
        self.verdict.figures[words] = f"{time.monotonic() - began:.0f} s"

    def _fill(self) -> None:
        alma = User.objects.create_user(EMAIL, PASSWORD, name="Alma")
        for account in self.provider.accounts:
            keys.add(alma, account.profile["companyname"], self.provider.current[account.uuid])

    def _copy(self) -> None:
        """What came first is no news: from here on every change has to be told."""
        deadline = time.monotonic() + _CALM_WITHIN
        while Refresh.objects.filter(noun__in=LISTS, completed_at=None).exists():
            assert time.monotonic() < deadline, "the first copy does not end"
            time.sleep(0.5)
        last = Event.objects.order_by("pk").last()
        self._first_copy, self._last_event = watcher.our_rows(), last.pk if last else 0

    def _strike(self, faults: int, seconds: float) -> None:
        self.visitor.sign_in()
        self.visitor.start()
        self.watcher.start()
        ended = threading.Event()
        life = threading.Thread(target=self._go_on_living, args=[ended], daemon=True)
        life.start()
        try:
            self.injector.run(faults, seconds)
        finally:
            ended.set()
            life.join()
            self.visitor.stop()

    def _go_on_living(self, ended: threading.Event) -> None:
        while not ended.wait(0.3):
            self.provider.change_something()

    def _calm_down(self) -> None:
        """The workers alone bring everything up to date again after a click."""
        self.provider.clock_offset, self.provider.limits.reset_form = 0.0, "epoch"
        began, at = time.monotonic(), timezone.now()
        self.visitor.refresh_all()
        waiting = Refresh.objects.filter(noun__in=LISTS).exclude(completed_at__gt=at)
        while waiting.exists() and time.monotonic() < began + _CALM_WITHIN:
            time.sleep(1)
        late = [f"{row} was not read within {_CALM_WITHIN:.0f} s of calm" for row in waiting]
        self.verdict.find("stuck", late)

    def _read_all_in_quiet(self) -> None:
        """Once: whatever moved while it was read before, the first quiet pass puts it right."""
        command = [sys.executable, "manage.py", "refresh", "--full", "--wait"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode:
            words = done.stderr.strip().splitlines()[-1]
            self.verdict.find("lost_changes", [f"refresh --full --wait: {words}"])

    def _settle(self) -> None:
        """A person looks again at what is unknown, as what a killed process was sending becomes in time."""
        deadline = time.monotonic() + _SETTLED_WITHIN
        while (waiting := self._unsettled()) and time.monotonic() < deadline:
            for operation in waiting:
                self.visitor.look_again(operation)
            time.sleep(3)

    def _unsettled(self) -> list[Operation]:
        """Those that took effect, which a reading can tell, and those of which nobody can say yet."""
        _, effects = watcher.counted(self.provider)
        state = Operation.State
        return [
            operation
            for operation in Operation.objects.filter(state__in=[state.SENDING, state.UNKNOWN])
            if operation.state == state.SENDING or effects[operation.action, operation.remote_id or 0]
        ]

    def _judge(self) -> None:
        verdict = self.verdict
        verdict.faults = self.scene.faults
        verdict.find("stuck", self.watcher.patience.stuck)
        verdict.find("wrongly_gone", self.watcher.wrongly_gone)
        verdict.find("overlaps", self.provider.crossing.overlaps)
        suspects = self.provider.early_requests()
        books = Books.read(self.portal.data_dir)
        told = self.provider.requests
        verdict.find("early", judge.early(suspects, told, books, self._news_was_lost))
        verdict.find("lost_changes", judge.lost_changes(self.provider.rows(), watcher.our_copy()))
        events = watcher.events_after(self._last_event)
        verdict.find("lost_events", histories.broken(events, self._first_copy, watcher.our_rows()))
        refused = [(seen.key, seen.wall) for seen in self.provider.requests]
        verdict.find("refused_keys", judge.calls_with_refused_keys(refused, self.scene.refusals))
        self._judge_answers()
        requests, effects = watcher.counted(self.provider)
        states = watcher.operation_states()
        for promise, found in judge.judge_operations(self.visitor.sent, states, requests, effects).items():
            verdict.find(promise, found)
        verdict.find("late_returns", judge.late_returns(self.portal.returns))
        verdict.find("errors", _unforeseen(self.portal.data_dir))
        verdict.find("errors", self.injector.broken)
        verdict.figures |= {
            "longest wait": f"{self.watcher.patience.longest:.0f} s",
            "supervisor at most": f"{max((s for _, s in self.portal.returns), default=0):.1f} s",
            "requests": str(len(self.provider.requests)),
            "of them while the news travelled": str(len(suspects)),
            "longest travel of the news": f"{judge.news_travelled(told, books):.1f} s",
            "pages": str(len(self.visitor.pages)),
            "operations": str(len(self.visitor.sent)),
        }

    def _news_was_lost(self, told: float, asked: float) -> bool:
        """Nobody could write down what was told, or whoever was told was struck before they had."""
        covered = self.portal.outages.cover
        struck = any(covered(program, told - 0.2, told + 1) for program in ("web", *WORKERS))
        return struck or covered("database", told - 0.2, told + 1)

    def _judge_answers(self) -> None:
        outages = self.portal.outages

        def web_down(began: float, ended: float) -> bool:
            return outages.cover("web", began, ended)

        def web_or_database_down(began: float, ended: float) -> bool:
            return web_down(began, ended) or outages.cover("database", began, ended)

        writes = [one for one in self.visitor.pages if one.path.startswith("POST")]
        pages = [one for one in self.visitor.pages if one not in set(writes)]
        clicks = self.visitor.clicks
        for promise, asked, good, patience, excused in (
            ("silent_pages", pages, {200}, judge.PATIENCE_WITH_PAGES, web_down),
            ("silent_pages", writes, {302, 303, 422}, judge.PATIENCE_WITH_WRITES, web_down),
            ("slow_clicks", clicks, {302, 303}, judge.PATIENCE_WITH_CLICKS, web_or_database_down),
        ):
            self.verdict.find(promise, judge.unanswered(asked, good, patience, excused))
        for name, asked in (("slowest page", pages), ("slowest click", clicks)):
            calm = [one.seconds for one in asked if not web_or_database_down(one.began, one.ended)]
            self.verdict.figures[name] = f"{max(calm, default=0):.1f} s"


def _unforeseen(data_dir: Path) -> list[str]:
    """What no code foresaw, in the words of the portal's logs."""
    return [
        f"{log.name}: {line}"
        for log in sorted((data_dir / "logs").glob("*.log*"))
        for line in _UNFORESEEN.findall(log.read_text(errors="replace"))
    ]
