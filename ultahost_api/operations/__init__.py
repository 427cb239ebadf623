"""Send one write, exactly once, and find out its result."""

from ultahost_api.operations.batches import pause, queue, resume, send_next, stop, waiting_batches
from ultahost_api.operations.cancellations import pending_cancellation, pending_cancellations, withdraw
from ultahost_api.operations.reasons import NeedsConfirmation, NotAllowedNow, TwinPending
from ultahost_api.operations.sending import WriteRequest, perform, sent_by
from ultahost_api.operations.settling import abandon, decide, due, look_again, settle

__all__ = [
    "NeedsConfirmation",
    "NotAllowedNow",
    "TwinPending",
    "WriteRequest",
    "abandon",
    "decide",
    "due",
    "look_again",
    "pause",
    "pending_cancellation",
    "pending_cancellations",
    "perform",
    "queue",
    "resume",
    "send_next",
    "sent_by",
    "settle",
    "stop",
    "waiting_batches",
    "withdraw",
]
