"""The writes, one class each: what is read before and after, and what changes in our copy."""

from ultahost_api.operations.actions import (
    account,
    contacts,
    domains,
    invoices,
    orders,
    payment_methods,
    quotes,
    services,
)
from ultahost_api.operations.actions.base import WriteAction

__all__ = ["ONCE", "WriteAction", "action_of"]

_MODULES = (account, contacts, domains, invoices, orders, payment_methods, quotes, services)
_CLASSES = [
    each
    for module in _MODULES
    for each in vars(module).values()
    if isinstance(each, type) and issubclass(each, WriteAction) and "write" in vars(each)
]
_ACTIONS: dict[str, WriteAction] = {each.write.action: each() for each in _CLASSES}

ONCE = [name for name, action in _ACTIONS.items() if action.is_once]  # actions never to be sent twice


def action_of(name: str) -> WriteAction:
    return _ACTIONS[name]
