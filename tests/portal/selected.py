"""What the tests of selected rows have in common: the form that confirms them, and the worker."""

from tests.portal.conftest import Page
from ultahost_api import operations, tasks


def form_of(page: Page, **entered: str) -> dict[str, object]:
    """What the page of the confirmation brings back, and what is ``entered`` besides."""
    sent: dict[str, object] = {}
    for one in page.all("#confirm-selected input[type=hidden]"):
        sent.setdefault(one["name"], []).append(one["value"])  # type: ignore[attr-defined]
    return sent | entered


def work() -> None:
    """What the worker does, one message after the other, until nothing waits any more."""
    for _ in range(50):
        waiting = operations.waiting_batches()
        for batch in waiting:
            tasks.send_next(str(batch))
        if not waiting:
            return
    raise AssertionError("something waits for ever")
