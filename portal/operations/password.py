"""Which writes are sent only after the person has entered their password again."""

from ultahost_api.client import writes
from ultahost_api.client.core.write import Write

# They spend no money and let none be taken, end nothing that is paid for and give nothing away.
# If only one direction is harmless, such as locking a domain, the page of the other one has ``asks_again``.
_HARMLESS: frozenset[type[Write]] = frozenset(
    {
        writes.CreateContact,
        writes.DeleteContact,
        writes.DeletePaymentMethod,
        writes.RunCommand,
        writes.SetAutoRenew,
        writes.SetLock,
        writes.UpdateContact,
    }
)


def asks_password(write: type[Write]) -> bool:
    """Whether it does. A new write asks, until it is known to be harmless."""
    return write not in _HARMLESS
