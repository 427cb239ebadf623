"""Operations that move money, under every fault that can strike one, through the portal's own web server.

Somebody signs in, opens the page of the act and sends its form. Each form meets a fault drawn at random;
some are sent while the web server is killed between the effect and our commit, some fifty times at once.
Several invoices are paid by the portal's own worker, which is killed on the way as well.
Reading settles what it can, and the sandbox's ledger is held against what the portal shows.
"""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

import requests
from django.utils import timezone

from tests.faults.web import Answer, Form, Process, Visitor, Web
from ultahost_api import operations
from ultahost_api.models import ApiKey, Invoice, Operation, RateWindow, Refresh
from ultahost_api.refresh import runs
from ultahost_api.sandbox import Fault, Sandbox
from ultahost_api.wakeup import publish_batch

State = Operation.State
SEEN_AS_DONE = {State.DONE, State.CONFIRMED}
SEEN_AS_FAILED = {State.REFUSED, State.NOT_SENT, State.NOT_CONFIRMED}
TOGETHER = 5  # invoices of one batch
SETTLED_EVERY = 25  # operations; the portal reads after 5, 30 and 120 s

# The provider has done it, and nobody hears so.
UNHEARD: tuple[Callable[[], Fault], ...] = (
    lambda: Fault.drop(after_effect=True),
    lambda: Fault.cut(),
    lambda: Fault.truncated(),
    lambda: Fault.status(502, after_effect=True),
)
FAULTS: tuple[Callable[[], Fault | None], ...] = (
    lambda: None,
    *UNHEARD,
    lambda: Fault.drop(),
    lambda: Fault.html(),
    lambda: Fault.status(500),
    lambda: Fault.status(429),
    lambda: Fault.status(400, "Declined."),
    lambda: Fault.redirect("http://127.0.0.1:9/elsewhere"),
)
# What is read before it, and a fault that the reading meets.
READ_FIRST = {"pay_invoice": "get_invoice", "create_order": "get_orders", "accept_quote": "get_quote"}
READ_FAULTS = (lambda: Fault.status(503), lambda: Fault.status(400, "Not now."), lambda: Fault.html())


@dataclass
class Figures:
    operations: int = 0
    posts: int = 0
    kills: int = 0
    storms: int = 0
    batches: int = 0
    double_effects: int = 0
    lost: int = 0
    failed_though_moved: int = 0
    done_though_not_moved: int = 0
    unknown_though_readable: int = 0
    errors: int = 0
    states: Counter[str] = field(default_factory=Counter)

    @property
    def wrong(self) -> int:
        return (
            self.double_effects
            + self.lost
            + self.failed_though_moved
            + self.done_though_not_moved
            + self.unknown_though_readable
            + self.errors
        )

    def __str__(self) -> str:
        states = ", ".join(f"{count} {state}" for state, count in sorted(self.states.items()))
        return (
            f"{self.operations} money operations in {self.posts} posts, {self.kills} kills of the web server"
            f" or the worker, {self.storms} storms of 50 posts, {self.batches} batches of {TOGETHER}:"
            f" {self.double_effects} double effects, {self.lost} lost,"
            f" {self.failed_though_moved} shown failed though money moved,"
            f" {self.done_though_not_moved} shown done though none moved,"
            f" {self.unknown_though_readable} unknown that a read could settle,"
            f" {self.errors} unforeseen answers ({states})"
        )


@dataclass(frozen=True)
class Act:
    """One thing to be done once: its page, and what marks its effect in the ledger."""

    action: str
    page: str
    mark: str


class Harness:
    def __init__(
        self,
        sandbox: Sandbox,
        account: Any,
        key: ApiKey,
        web: Web,
        worker: Process,
        visitor: Visitor,
        seed: int,
    ):
        self.sandbox, self.account, self.key = sandbox, account, key
        self.web, self.worker, self.visitor = web, worker, visitor
        self.random = random.Random(seed)
        self.figures = Figures()
        self.sent: dict[UUID, Act] = {}  # by the form's token
        self.refused: set[UUID] = set()  # whose sender was told that nothing was sent
        self.trouble: list[str] = []  # what went wrong, for whoever has to find out why

    def run(self, operations: int, kills: int, storms: int, batches: int) -> Figures:
        acts = list(map(self._draw, range(operations + kills + storms)))
        runs.run(Refresh.objects.get(noun="invoices").pk)
        for number, act in enumerate(acts):
            if number < operations:
                self._strike(act)
            elif number < operations + kills:
                self._kill(act)
            else:
                self._storm(act)
            RateWindow.objects.all().delete()  # the reset that a 429 told has come
            if number % SETTLED_EVERY == 0:
                self._settle()
        for _ in range(batches):
            self._pay_together()
        self._settle()
        self._judge_what_moved()
        self._a_day_passes()
        self._judge()
        return self.figures

    def _draw(self, number: int) -> Act:
        kind = tuple(READ_FIRST)[number % len(READ_FIRST)]
        account = self.key.account_id
        if kind == "pay_invoice":
            (row,) = self.account.add_invoices(1, status="Unpaid", paymentmethod="stripe")
            return Act(kind, "", str(row["id"]))
        if kind == "accept_quote":
            (row,) = self.account.add_quotes(1, stage="Delivered")
            return Act(kind, f"/quotes/{account}/{row['id']}/accept/", str(row["id"]))
        domain = f"order-{number}.example.com"
        order = f"account={account}&product_id=1&cycle=monthly&domain={domain}&payment_method=stripe&review=1"
        return Act(kind, f"/orders/new/service/?{order}", str([domain]))

    def _form(self, act: Act) -> Form:
        page = act.page or f"/invoices/{Invoice.objects.get(remote_id=act.mark).pk}/pay/"
        self.visitor.prove()
        form = self.visitor.get(page).form
        return form.filled(knows="on") if act.action == "create_order" else form

    def _open(self, act: Act) -> Form:
        form = self._form(act)
        self.sent[UUID(dict(form.fields)["form_token"])] = act
        self.figures.operations += 1
        return form

    def _post(self, form: Form) -> Answer:
        answer = self.visitor.post(form)
        self.figures.posts += 1
        if answer.status == 422 and "Nothing was sent" in answer.html:
            self.refused.add(UUID(dict(form.fields)["form_token"]))
        if answer.status not in {303, 422}:
            self.figures.errors += 1
            self.trouble.append(f"{answer.status} from {form.url}")
        return answer

    def _strike(self, act: Act) -> None:
        """One form, one fault; now and then the reading before it fails as well, and it is sent once more."""
        form = self._open(act)
        if fault := self.random.choice(FAULTS)():
            self.sandbox.faults.add(fault, action=act.action)
        if self.random.random() < 0.1:
            self.sandbox.faults.add(self.random.choice(READ_FAULTS)(), action=READ_FIRST[act.action])
        self._post(form)
        self.sandbox.faults.clear()
        if self.random.random() < 0.3:
            self._post(form)  # the page is loaded again

    def _kill(self, act: Act) -> None:
        """The provider has done it and holds its answer back; there the web server is killed."""
        form = self._open(act)
        hold = self.sandbox.faults.add(Fault.hold(after_effect=True), action=act.action)
        post = threading.Thread(target=self._post_into_nothing, args=[form])
        post.start()
        assert hold.arrived.wait(30), "the form never came to the provider"
        if self.random.random() < 0.5:
            self.web.kill()
            self.web.start()
        else:
            self.web.kill_workers()
        hold.release.set()
        post.join()
        self.sandbox.faults.clear()
        self.figures.kills += 1
        self._post(form)  # the browser's "try again"
        self._post(self._form(act))  # and from a new page

    def _post_into_nothing(self, form: Form) -> None:
        self.figures.posts += 1
        try:
            self.visitor.post(form)
        except requests.RequestException:
            return
        self.trouble.append(f"an answer from {form.url} though its web server was killed")
        self.figures.errors += 1

    def _storm(self, act: Act) -> None:
        """Fifty posts of one form at once; whoever is told to try again, tries again."""
        form = self._open(act)
        if self.random.random() < 0.5:
            self.sandbox.faults.add(self.random.choice(UNHEARD)(), action=act.action)
        answers: list[Answer] = []
        threads = [threading.Thread(target=lambda: answers.append(self._post(form))) for _ in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.sandbox.faults.clear()
        self.figures.storms += 1
        for answer in [answer for answer in answers if answer.status == 422][:3]:
            self._post(answer.form)

    def _pay_together(self) -> None:
        """Confirmed at once, ten times over; every other time the worker is killed on the way."""
        rows = self.account.add_invoices(TOGETHER, status="Unpaid", paymentmethod="stripe")
        invoices = self._copied([row["id"] for row in rows])
        self.visitor.prove()
        page = self.visitor.get("/invoices/pay/?" + "&".join(f"invoice={one.pk}" for one in invoices))
        batch = uuid5(UUID(dict(page.form.fields)["form_token"]), str(self.key.owner_id))
        for one in invoices:
            self.sent[uuid5(batch, str(one.pk))] = Act("pay_invoice", "", str(one.remote_id))
        self.figures.operations += TOGETHER
        self.figures.batches += 1
        after = self.random.randrange(TOGETHER)
        if self.figures.batches % 2:
            hold = self.sandbox.faults.add(Fault.hold(after_effect=True), action="pay_invoice", after=after)
        elif fault := self.random.choice(FAULTS)():
            self.sandbox.faults.add(fault, action="pay_invoice", after=after)
        threads = [threading.Thread(target=self._post, args=[page.form]) for _ in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self.figures.batches % 2:
            assert hold.arrived.wait(60), "the worker never came to the payment"
            self.worker.kill()
            self.figures.kills += 1
            hold.release.set()
            self.worker.start()
        self._wait_for(batch)
        self.sandbox.faults.clear()

    def _copied(self, remote_ids: list[int]) -> list[Invoice]:
        """These invoices, once they are here: the worker may hold the lease of their list."""
        refresh = Refresh.objects.get(noun="invoices")
        deadline = time.monotonic() + 60
        while True:
            Refresh.objects.filter(pk=refresh.pk).update(next_due_at=timezone.now(), lease_until=None)
            runs.run(refresh.pk)
            invoices = list(Invoice.objects.filter(remote_id__in=remote_ids))
            if len(invoices) == len(remote_ids):
                return invoices
            assert time.monotonic() < deadline, f"{len(invoices)} of {len(remote_ids)} invoices were copied"
            time.sleep(0.5)

    def _wait_for(self, batch: UUID) -> None:
        """Until nothing of it waits; the ticks ring for what a killed worker left."""
        deadline = time.monotonic() + 120
        waiting = Operation.objects.filter(batch=batch, state__in=[State.QUEUED, State.SENDING])
        while waiting.exists():
            assert time.monotonic() < deadline, f"batch {batch} waits for ever"
            RateWindow.objects.all().delete()
            dead = timezone.now() - timedelta(seconds=5)  # nothing is held back any more
            Operation.objects.filter(batch=batch, state=State.SENDING, sent_at__lt=dead).update(
                sent_at=timezone.now() - timedelta(minutes=5)
            )
            operations.abandon()
            for one in operations.waiting_batches():
                publish_batch(one)
            time.sleep(0.5)

    def _settle(self) -> None:
        """What the tick does, as if the time for it had come."""
        now = timezone.now()
        Operation.objects.filter(state=State.SENDING).update(sent_at=now - timedelta(minutes=5))
        operations.abandon()
        Operation.objects.filter(state=State.UNKNOWN).update(next_read_at=now)
        for operation_id in operations.due():
            operations.settle(operation_id)

    def _a_day_passes(self) -> None:
        Operation.objects.update(created_at=timezone.now() - timedelta(hours=25))
        self._settle()

    def _judge_what_moved(self) -> None:
        """Before a day is over reading has to have seen everything that happened."""
        for _, act, operation, moved in self._outcomes():
            if operation and moved and operation.state not in SEEN_AS_DONE:
                self.figures.unknown_though_readable += 1
                self.trouble.append(f"{act} moved and is {operation.state}")

    def _judge(self) -> None:
        figures = self.figures
        for token, act, operation, moved in self._outcomes():
            # The page whose total could not be read is refused, in so many words, and leaves no operation.
            lost = operation is None and (moved > 0 or token not in self.refused)
            wrong = Counter(double_effects=max(0, moved - 1), lost=lost)
            if operation:
                figures.states[operation.state] += 1
                shown = self._shown(operation)
                wrong["failed_though_moved"] = bool(moved and shown in SEEN_AS_FAILED)
                wrong["done_though_not_moved"] = bool(not moved and shown in SEEN_AS_DONE)
                wrong["unknown_though_readable"] = shown not in SEEN_AS_DONE | SEEN_AS_FAILED
            for name, count in wrong.items():
                setattr(figures, name, getattr(figures, name) + count)
            if wrong.total():
                self.trouble.append(
                    f"{act} {token}: {+wrong}, {moved} moved, {operation and operation.state}"
                )

    def _outcomes(self) -> list[tuple[UUID, Act, Operation | None, int]]:
        effects = Counter((done.action, self._mark_of(done)) for done in self.sandbox.ledger)
        by_token = {operation.idempotency_key: operation for operation in Operation.objects.all()}
        return [
            (token, act, by_token.get(token), effects[act.action, act.mark])
            for token, act in self.sent.items()
        ]

    def _shown(self, operation: Operation) -> State:
        """What its page says, to the person who sent it."""
        word = self.visitor.get(f"/activity/{operation.pk}/").shown_state
        return next(state for state in State if state.label == word)

    def _mark_of(self, done: Any) -> str:
        named = done.parameters
        return str(named.get("invoiceid") or named.get("quoteid") or named.get("domain"))
