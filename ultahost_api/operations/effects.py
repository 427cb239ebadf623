"""What a write that took effect changes in our copy at once; the refreshes it asks for bring the rest."""

import logging
from collections.abc import Callable, Iterable
from typing import Any

from django.db import Error, transaction
from django.utils import timezone

from ultahost_api.models import Noun, Operation
from ultahost_api.refresh import events, schedule
from ultahost_api.refresh.nouns import NOUNS

logger = logging.getLogger(__name__)


def apply(operation: Operation) -> None:
    """The outcome is noted already; a database that does not take these leaves them to the next refresh."""
    try:
        if change := _CHANGES.get(operation.action):
            change(operation)
        schedule.ask([operation.account], _STALE.get(operation.action, ()))
    except Error as error:
        logger.warning("Our copy was not changed after operation %s: %s", operation.pk, error)


def _paid(operation: Operation) -> None:
    status = operation.result.get("status", "Paid")  # what settled it, if reading did
    _change(operation, Noun.INVOICES, status=status, changed_at=timezone.now())


def _renewal(operation: Operation) -> None:
    _change(operation, Noun.DOMAINS, auto_renew=bool(int(operation.parameters["autorenew"])))


def _accepted(operation: Operation) -> None:
    _change(operation, Noun.QUOTES, stage="Accepted", changed_at=timezone.now())


def _change(operation: Operation, name: str, **values: Any) -> None:
    """Our copy and its history change together; the refresh that follows finds nothing new to tell."""
    noun = NOUNS[name]
    rows = noun.rows.filter(account=operation.account, remote_id=operation.remote_id or 0)
    with transaction.atomic():
        for row in rows:
            events.write(noun, row, values)


_CHANGES: dict[str, Callable[[Operation], None]] = {
    "pay_invoice": _paid,
    "accept_quote": _accepted,
    "toggle_autorenew": _renewal,
}

_STALE: dict[str, Iterable[str]] = {
    "pay_invoice": [Noun.INVOICES],
    "create_order": [Noun.ORDERS, Noun.SERVICES, Noun.INVOICES, Noun.DOMAINS],
    "accept_quote": [Noun.QUOTES, Noun.INVOICES],
    "upgrade_service": [Noun.SERVICES, Noun.INVOICES],
    "request_cancellation": [Noun.SERVICES],
    "service_module_custom": [Noun.SERVICES],
    "toggle_autorenew": [Noun.DOMAINS],
    "update_account": [Noun.PROFILE],
}
