"""What can go wrong, as a test scripts it: `sandbox.faults.add(Fault.status(502), action="get_invoices")`."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from threading import Event
from typing import Any

from ultahost_api.sandbox.accounts import Account
from ultahost_api.sandbox.limits import Limits, Standing
from ultahost_api.sandbox.replies import Reply, as_error, as_html, as_json

LONGEST_HOLD = 60.0
HUGE = 20_000_000


@dataclass(slots=True)
class Visit:
    """One request that was let in, as a fault may see and change it."""

    account: Account
    bucket: str
    standing: Standing
    limits: Limits
    stopped: Event
    reset_form: str | None = None


def _go_on(visit: Visit) -> Reply | None:
    return None


def _as_it_is(visit: Visit, reply: Reply) -> Reply:
    return reply


@dataclass(frozen=True, eq=False, slots=True)
class Fault:
    """What one request meets.

    `before` may answer instead of the provider, so nothing is done; `after` spoils an answer whose
    effect is real.
    """

    name: str
    before: Callable[[Visit], Reply | None] = _go_on
    after: Callable[[Visit, Reply], Reply] = _as_it_is
    arrived: Event = field(default_factory=Event, repr=False)  # hold: a request has come
    release: Event = field(default_factory=Event, repr=False)  # hold: set it to let them go

    @classmethod
    def instead(cls, name: str, reply: Callable[[], Reply], after_effect: bool = False) -> "Fault":
        if after_effect:
            return cls(name, after=lambda visit, _: reply())
        return cls(name, before=lambda visit: reply())

    @classmethod
    def status(cls, code: int, message: str = "", after_effect: bool = False) -> "Fault":
        """5xx come as a proxy's HTML page, the others in the provider's envelope."""
        if code >= 500:
            return cls.instead(
                "status", lambda: as_html(code, message or f"{code} Server Error"), after_effect
            )
        return cls.instead("status", lambda: as_error(code, message), after_effect)

    @classmethod
    def limited(cls, seconds: float | None = None, form: str | None = None) -> "Fault":
        """A 429 out of turn that really closes the window, `seconds` from now or to its own end."""

        def close(visit: Visit) -> Reply:
            visit.standing = visit.limits.spend(visit.bucket, seconds)
            visit.reset_form = form
            return as_error(429)

        return cls("limited", before=close)

    @classmethod
    def reset_form(cls, form: str) -> "Fault":
        """A good answer whose headers write the reset in another form."""

        def other(visit: Visit, reply: Reply) -> Reply:
            visit.reset_form = form
            return reply

        return cls("reset_form", after=other)

    @classmethod
    def drop(cls, after_effect: bool = False) -> "Fault":
        return cls.instead("drop", lambda: Reply(0, b"", dropped=True), after_effect)

    @classmethod
    def cut(cls) -> "Fault":
        """Half of the promised body, then the connection closes. The effect is real."""
        return cls("cut", after=lambda visit, reply: replace(reply, cut_at=len(reply.body) // 2))

    @classmethod
    def truncated(cls) -> "Fault":
        """Half a JSON that claims to be whole."""
        return cls(
            "truncated", after=lambda visit, reply: replace(reply, body=reply.body[: len(reply.body) // 2])
        )

    @classmethod
    def drip(cls, pause: float = 1.0) -> "Fault":
        return cls("drip", after=lambda visit, reply: replace(reply, pause=pause))

    @classmethod
    def wait(cls, seconds: float, after_effect: bool = False) -> "Fault":
        return cls._meanwhile("wait", lambda visit: visit.stopped.wait(seconds), after_effect)

    @classmethod
    def hold(cls, after_effect: bool = False) -> "Fault":
        """A barrier: a request sets `arrived` and then waits for `release`."""
        arrived, release = Event(), Event()

        def barrier(visit: Visit) -> None:
            arrived.set()
            release.wait(LONGEST_HOLD)

        return replace(cls._meanwhile("hold", barrier, after_effect), arrived=arrived, release=release)

    @classmethod
    def _meanwhile(cls, name: str, act: Callable[[Visit], object], after_effect: bool) -> "Fault":
        def first(visit: Visit) -> Reply | None:
            act(visit)
            return Reply(0, b"", dropped=True) if visit.stopped.is_set() else None

        def last(visit: Visit, reply: Reply) -> Reply:
            act(visit)
            return reply

        return cls(name, after=last) if after_effect else cls(name, before=first)

    @classmethod
    def html(cls) -> "Fault":
        return cls.instead("html", lambda: as_html(200, "Checking your browser…"))

    @classmethod
    def redirect(cls, url: str, code: int = 302) -> "Fault":
        return cls.instead("redirect", lambda: Reply(code, b"", {"Location": url}))

    @classmethod
    def huge(cls, size: int = HUGE) -> "Fault":
        return cls.edit(lambda answer: answer | {"padding": "x" * size}, "huge")

    @classmethod
    def envelope(cls, status: int, message: str = "Something went wrong") -> "Fault":
        """HTTP says 200, the body says otherwise; nothing is done."""
        return cls.instead("envelope", lambda: as_json({"status": status, "message": message}))

    @classmethod
    def result_error(cls, message: str = "Payment attempt failed") -> "Fault":
        """WHMCS's own way to fail, inside a 200; nothing is done."""
        failed = {"status": 200, "message": message, "data": {"result": "error", "message": message}}
        return cls.instead("result_error", lambda: as_json(failed))

    @classmethod
    def wrong_types(cls) -> "Fault":
        return cls.edit(lambda answer: answer | {"data": _twisted(answer.get("data"))}, "wrong_types")

    @classmethod
    def total(cls, change: int) -> "Fault":
        """The page tells of `change` more records than there are."""

        def told(answer: dict[str, Any]) -> dict[str, Any]:
            meta = dict(answer["meta"])
            meta["total_records"] += change
            return answer | {"meta": meta}

        return cls.edit(told, "total")

    @classmethod
    def edit(cls, change: Callable[[dict[str, Any]], Any], name: str = "edit") -> "Fault":
        """Whatever else: `change` gets the whole answer and returns what is sent instead."""

        def edited(visit: Visit, reply: Reply) -> Reply:
            return replace(reply, body=json.dumps(change(reply.payload), ensure_ascii=False).encode())

        return cls(name, after=edited)

    @classmethod
    def rows(cls, change: Callable[[Account], object], name: str = "rows") -> "Fault":
        """Rows move before this page is served."""

        def moved(visit: Visit) -> None:
            with visit.account.lock:
                change(visit.account)

        return cls(name, before=moved)

    @classmethod
    def insert_row(cls, noun: str, **fields: Any) -> "Fault":
        return cls.rows(lambda account: account.add(noun, **fields), "insert_row")

    @classmethod
    def delete_row(cls, noun: str, row_id: int | None = None) -> "Fault":
        """Without an id the newest goes: the first of the first page."""

        def delete(account: Account) -> None:
            rows = account.rows(noun)
            rows.pop(max(rows) if row_id is None else row_id)

        return cls.rows(delete, "delete_row")


def _twisted(value: Any) -> Any:
    """The same shape with every value of another type."""
    if isinstance(value, dict):
        return {name: _twisted(held) for name, held in value.items()}
    if isinstance(value, list):
        return [_twisted(held) for held in value]
    return [value] if isinstance(value, str) else {"value": value}
