"""Assigns lines of invoices to what they are of in their account: as a person said, or by their text."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet

from ultahost_api.models.accounts import Account
from ultahost_api.models.assigned_lines import AssignedLine
from ultahost_api.models.domains import Domain
from ultahost_api.models.events import Event
from ultahost_api.models.invoice_items import InvoiceItem
from ultahost_api.models.line_texts import Life, Named, Things, line_key, named, renews
from ultahost_api.models.refreshes import Noun, Refresh
from ultahost_api.models.row_statuses import ENDED_DOMAIN, ENDED_SERVICE
from ultahost_api.models.services import Service

_AT_ONCE = 500  # rows
_UNASSIGNED = Q(service=None, domain=None)


class Assigning:
    """Assigns the lines of one invoice after another.

    What they may be of is read once, and again only after ``assign_again`` has run: all lines are assigned
    by that then, so one that is stored before may be assigned by what was known before.
    """

    def __init__(self, account_id: UUID) -> None:
        self._account_id = account_id
        self._things = Things((), ())
        self._assigned_at: list[Any] | None = None

    def prepare(self) -> None:
        """Before the transaction, which then does not take longer the more the account has."""
        assigned_at = _assigned_at(self._account_id)
        if assigned_at != self._assigned_at:
            self._things, self._assigned_at = _things(self._account_id), assigned_at

    def assign(self, items: list[InvoiceItem]) -> None:
        """Lines that were just read. In the caller's transaction, which stores them."""
        if items:
            _lock(self._account_id)
            self.prepare()
            said = _said(self._account_id)
            for item in items:
                _set(item, item.invoice.date, self._things, said)


def _assigned_at(account_id: UUID) -> list[Any]:
    """What changes whenever all lines are assigned anew, in the same transaction."""
    lists = Refresh.objects.filter(account=account_id, noun__in=(Noun.SERVICES, Noun.DOMAINS))
    return list(lists.order_by("noun").values_list("completed_at", flat=True))


def assign_again(account_id: UUID) -> int:
    """All lines of the account, after its services or domains changed. Returns how many are assigned anew.

    In the transaction that completes the refresh of these.
    """
    with transaction.atomic():
        _lock(account_id)
        return _assign(account_id, _things(account_id), InvoiceItem.objects.all())


def assign_by_hand(account_id: UUID, text: str, thing: Service | Domain | None) -> AssignedLine:
    """From now on lines of this text are of ``thing``; None is what the caller knows."""
    with transaction.atomic():
        _lock(account_id)
        things = _things(account_id)
        to = {
            "service": thing if isinstance(thing, Service) else None,
            "domain": thing if isinstance(thing, Domain) else None,
        }
        line, _is_new = AssignedLine.objects.update_or_create(
            account_id=account_id, key=line_key(text), defaults=to
        )
        _assign(account_id, things, InvoiceItem.objects.filter(_UNASSIGNED | Q(assigned=line)))
    return line


def forget_by_hand(account_id: UUID, text: str) -> None:
    """Their text tells again what such lines are of."""
    _forget(account_id, AssignedLine.objects.filter(account=account_id, key=line_key(text)))


def forget_line(line: AssignedLine) -> None:
    """The same of lines of which the text is not known."""
    _forget(line.account_id, AssignedLine.objects.filter(pk=line.pk))


def _forget(account_id: UUID, lines: "QuerySet[AssignedLine]") -> None:
    with transaction.atomic():
        _lock(account_id)
        things = _things(account_id)
        ids = list(InvoiceItem.objects.filter(assigned__in=lines).values_list("pk", flat=True))
        lines.delete()
        _assign(account_id, things, InvoiceItem.objects.filter(pk__in=ids))


def _assign(account_id: UUID, things: Things, lines: "QuerySet[InvoiceItem]") -> int:
    said = _said(account_id)
    fields = ["service", "domain", "is_renewal", "product", "assigned"]
    lines = lines.filter(invoice__account=account_id).order_by().only("description", "amount", *fields)
    dated: Any = lines.annotate(day=F("invoice__date")).iterator(_AT_ONCE)
    changed = [item for item in dated if _set(item, item.day, things, said)]
    InvoiceItem.objects.bulk_update(changed, fields, batch_size=_AT_ONCE)
    return len(changed)


def _said(account_id: UUID) -> dict[str, AssignedLine]:
    """What a person said, by the keys of the texts. The account's row is locked."""
    lines = AssignedLine.objects.filter(account=account_id).select_related("domain")
    return {line.key: line for line in lines}


def _lock(account_id: UUID) -> None:
    """The account's row, so that no line is stored by what was known before things changed."""
    Account.objects.select_for_update(no_key=True).only("pk").get(pk=account_id)


def _things(account_id: UUID) -> Things:
    """Rows that are gone count too: an invoice of last year may be theirs."""
    former = _former_names(account_id)
    lived = ("registration_date", "next_due_date", "status", "gone_at")
    services: Any = Service.objects.filter(account=account_id)
    services = list(services.values_list("pk", "product_name", "domain", *lived))
    domains: Any = Domain.objects.filter(account=account_id)
    domains = list(domains.values_list("pk", "name", *lived))
    lives = {pk: _life(ENDED_SERVICE, *told) for pk, _product, _host, *told in services}
    lives |= {pk: _life(ENDED_DOMAIN, *told) for pk, _name, *told in domains}
    return Things(
        ((pk, [product, *(former[pk] - {product})], host) for pk, product, host, *_ in services),
        ((pk, name) for pk, name, *_ in domains),
        lives,
    )


def _life(
    ended: tuple[str, ...], first: date | None, last: date | None, status: str, gone_at: datetime | None
) -> Life:
    """What has ended was billed for days until its due date, in invoices of before."""
    return Life(first, last, status in ended or gone_at is not None)


def _former_names(account_id: UUID) -> dict[UUID, set[str]]:
    """Product names that a refresh saw a service leave behind."""
    names: defaultdict[UUID, set[str]] = defaultdict(set)
    events: Any = Event.objects.filter(
        account=account_id, noun=Noun.SERVICES, changes__has_key="product_name"
    ).values_list("row_id", "changes__product_name")
    for row_id, change in events:
        names[row_id].update(name for name in change if isinstance(name, str))
    return names


def _set(item: InvoiceItem, day: date | None, things: Things, said: Mapping[str, AssignedLine]) -> bool:
    """Returns whether it changes the line."""
    line = said.get(line_key(item.description)) if said else None
    told = _by_hand(line, item.description) or named(item.description, things, day)
    was = Named(item.service_id, item.domain_id, item.is_renewal, item.product), item.assigned_id
    if item.amount is not None and item.amount < 0:  # it may give a renewal back
        told = replace(told, is_renewal=False)
    item.service_id, item.domain_id = told.service, told.domain
    item.is_renewal, item.product = told.is_renewal, told.product
    item.assigned_id = line.pk if line else None
    return was != (told, item.assigned_id)


def _by_hand(line: AssignedLine | None, text: str) -> Named | None:
    """None if no person said what such lines are of."""
    if line is None or not (line.service_id or line.domain_id):
        return None
    is_renewal = line.domain is not None and renews(text, line.domain.name)
    return Named(line.service_id, line.domain_id, is_renewal)
