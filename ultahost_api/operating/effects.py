"""What a write that took effect changes in our copy at once; the refreshes it asks for bring the rest."""

from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from ultahost_api.models import Domain, Invoice, Noun, Operation
from ultahost_api.models.cached import Cached
from ultahost_api.refreshing import schedule


def apply(operation: Operation) -> None:
    change = _CHANGES.get(operation.action)
    if change:
        change(operation)
    schedule.ask([operation.account], _STALE.get(operation.action, ()))


def _paid(operation: Operation) -> None:
    status = operation.result.get("status", "Paid")  # what settled it, if reading did
    _row(Invoice, operation).update(status=status, changed_at=timezone.now())


def _renewal(operation: Operation) -> None:
    _row(Domain, operation).update(auto_renew=bool(int(operation.parameters["autorenew"])))


def _row(model: type[Cached], operation: Operation) -> QuerySet[Any]:
    rows = model._default_manager.filter(account=operation.account)
    return rows.filter(remote_id=operation.remote_id or 0)


_CHANGES: dict[str, Callable[[Operation], None]] = {"pay_invoice": _paid, "toggle_autorenew": _renewal}

_STALE: dict[str, Iterable[str]] = {
    "pay_invoice": [Noun.INVOICES],
    "create_order": [Noun.SERVICES, Noun.INVOICES, Noun.DOMAINS],
    "accept_quote": [Noun.INVOICES],
    "upgrade_service": [Noun.SERVICES, Noun.INVOICES],
    "request_cancellation": [Noun.SERVICES],
    "service_module_custom": [Noun.SERVICES],
    "toggle_autorenew": [Noun.DOMAINS],
    "update_account": [Noun.PROFILE],
}
