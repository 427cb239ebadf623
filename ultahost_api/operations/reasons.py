"""Why a write was not sent: as exceptions, and as stored in its row."""

from collections.abc import Sequence
from typing import Any

from ultahost_api.calls.budget import KeyStopped
from ultahost_api.client import Answer, RateLimited, UltahostError
from ultahost_api.models import Operation, Reason


class NotAllowedNow(Exception):
    """Nothing was sent. ``seen`` holds the values that go with the reason."""

    def __init__(self, reason: Reason, **seen: str) -> None:
        super().__init__(f"{reason.label} {seen}" if seen else str(reason.label))
        self.reason, self.seen = reason, seen


def told(answer: Answer | UltahostError) -> dict[str, Any]:
    """Values for ``reason`` and ``message``: a reason if nothing was sent, else the message of the answer."""
    if isinstance(answer, KeyStopped):
        return {"reason": Reason.KEY_STOPPED, "message": ""}
    if isinstance(answer, RateLimited) and answer.status is None:
        return {"reason": Reason.LIMITED, "message": ""}
    return {"reason": "", "message": answer.message[:1000]}


class TwinPending(Exception):
    """The same write on the same target is in progress, or its result is unknown."""

    def __init__(self, operation: Operation) -> None:
        super().__init__(str(operation))
        self.operation = operation


class NeedsConfirmation(Exception):
    """The same write was sent before and its effect was not found: a person has to confirm it again.

    ``operations``, newest first, are what has to be confirmed; most often it is one.
    """

    def __init__(self, operations: Sequence[Operation]) -> None:
        super().__init__(", ".join(map(str, operations)))
        self.operations = operations
