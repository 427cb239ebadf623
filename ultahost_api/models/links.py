"""Assigns lines of invoices to the services and domains of their account that they name."""

from collections import defaultdict
from typing import Any
from uuid import UUID

from django.db import transaction

from ultahost_api.models.accounts import Account
from ultahost_api.models.domains import Domain
from ultahost_api.models.events import Event
from ultahost_api.models.invoices import InvoiceItem
from ultahost_api.models.line_texts import Named, Things, named
from ultahost_api.models.refreshes import Noun
from ultahost_api.models.services import Service

_AT_ONCE = 500  # rows


def assign(items: list[InvoiceItem], account_id: UUID) -> None:
    """Lines that were just read. In the caller's transaction, which stores them."""
    if items:
        things = _things(account_id)
        for item in items:
            _set(item, named(item.description, things))


def assign_again(account_id: UUID) -> int:
    """All lines of the account, after its services or domains changed. Returns how many are assigned anew."""
    with transaction.atomic():
        things = _things(account_id)
        lines = InvoiceItem.objects.filter(invoice__account=account_id).order_by()
        items = lines.only("description", "service_id", "domain_id", "is_renewal").iterator(_AT_ONCE)
        changed = [item for item in items if _set(item, named(item.description, things))]
        InvoiceItem.objects.bulk_update(changed, ["service", "domain", "is_renewal"], batch_size=_AT_ONCE)
    return len(changed)


def _things(account_id: UUID) -> Things:
    """Rows that are gone count too: an invoice of last year may be theirs.

    Locks the account's row, so that no line is stored by what was known before things changed.
    """
    Account.objects.select_for_update(no_key=True).only("pk").get(pk=account_id)
    former = _former_names(account_id)
    services: Any = Service.objects.filter(account=account_id).values_list("pk", "product_name", "domain")
    domains: Any = Domain.objects.filter(account=account_id).values_list("pk", "name")
    return Things(((pk, {product, *former[pk]}, host) for pk, product, host in services), domains)


def _former_names(account_id: UUID) -> dict[UUID, set[str]]:
    """Product names that a refresh saw a service leave behind."""
    names: defaultdict[UUID, set[str]] = defaultdict(set)
    events: Any = Event.objects.filter(
        account=account_id, noun=Noun.SERVICES, changes__has_key="product_name"
    ).values_list("row_id", "changes__product_name")
    for row_id, change in events:
        names[row_id].update(name for name in change if isinstance(name, str))
    return names


def _set(item: InvoiceItem, told: Named) -> bool:
    """Returns whether it changes the line."""
    was = Named(item.service_id, item.domain_id, item.is_renewal)
    item.service_id, item.domain_id, item.is_renewal = told.service, told.domain, told.is_renewal
    return was != told
