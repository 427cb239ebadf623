"""One account with one key, and a worker at hand."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from ultahost_api.calls.clients import KeyMeter
from ultahost_api.models import Account, ApiKey, Refresh
from ultahost_api.refresh import runs
from ultahost_api.sandbox import Sandbox


@pytest.fixture
def acme(sandbox: Sandbox) -> Any:
    """The account as Ultahost has it."""
    return sandbox.add_account(company="Acme", currency="EUR")


@pytest.fixture
def alma(people: Any) -> Any:
    return people.member("Alma")


@pytest.fixture
def key(acme: Any, alma: Any, add_key: Any) -> ApiKey:
    return add_key(alma, acme)


@pytest.fixture
def account(key: ApiKey) -> Account:
    """The account as the portal has it."""
    assert key.account
    return key.account


@dataclass
class Worker:
    """Runs an account's refreshes here and now, however long they should have waited."""

    account: Account

    def refresh(self, noun: str) -> Refresh:
        return Refresh.objects.get(account=self.account, noun=noun)

    def run(self, noun: str, *, full: bool = False, **options: Any) -> Refresh:
        """``full`` begins a pass over the whole list; else it is the one that is due."""
        refresh = self.refresh(noun)
        now = timezone.now()
        Refresh.objects.filter(pk=refresh.pk).update(
            next_due_at=now, full_due_at=now if full else refresh.full_due_at
        )
        runs.run(refresh.pk, **options)
        return self.refresh(noun)


@pytest.fixture
def worker(account: Account) -> Worker:
    return Worker(account)


@pytest.fixture
def page_size(settings: Any) -> Callable[[int], None]:
    def choose(rows: int) -> None:
        settings.ULTAHOST = {**settings.ULTAHOST, "PAGE_SIZE": rows}

    return choose


@pytest.fixture
def at_once() -> Callable[..., list[Any]]:
    """Runs one function in several threads, each with a database connection of its own."""

    def run(count: int, act: Callable[[int], Any]) -> list[Any]:
        answers: list[Any] = [None] * count
        ready = threading.Barrier(count)

        def one(place: int) -> None:
            try:
                ready.wait(5)
                answers[place] = act(place)
            except Exception as error:
                answers[place] = error
            finally:
                connection.close()

        threads = [threading.Thread(target=one, args=(place,)) for place in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert not any(thread.is_alive() for thread in threads)
        return answers

    return run


@pytest.fixture
def during_call(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Does something between a call's answer and what is made of it; ``nth`` counts calls from 1."""

    def arrange(act: Callable[[], object], nth: int = 1) -> None:
        real, calls = KeyMeter.after, []

        def after(self: KeyMeter, *args: Any) -> None:
            real(self, *args)
            calls.append(args)
            if len(calls) == nth:
                act()

        monkeypatch.setattr(KeyMeter, "after", after)

    return arrange
