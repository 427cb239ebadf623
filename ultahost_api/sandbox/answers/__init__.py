"""One module per noun, one function per action, named as the action."""

from collections.abc import Callable

from ultahost_api.client.core.actions import ACTIONS
from ultahost_api.sandbox.answers import (
    announcements,
    contacts,
    domains,
    emails,
    invoices,
    orders,
    payment_methods,
    profile,
    quotes,
    services,
    two_factor,
    upgrades,
)
from ultahost_api.sandbox.calls import Call
from ultahost_api.sandbox.replies import Payload

_MODULES = (
    profile,
    two_factor,
    services,
    upgrades,
    orders,
    invoices,
    payment_methods,
    emails,
    announcements,
    quotes,
    contacts,
    domains,
)

ANSWERS: dict[str, Callable[[Call], Payload]] = {
    name: getattr(module, name) for module in _MODULES for name in ACTIONS if hasattr(module, name)
}
