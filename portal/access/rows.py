"""The cached rows (services, invoices, domains, …) that a user may view or change."""

from collections.abc import Callable, Sequence
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import Q, prefetch_related_objects
from django.shortcuts import get_object_or_404

from portal.access import rights
from portal.access.accounts import account_to_operate, accounts_to_operate, tell_of_a_dead_key
from portal.models import User
from ultahost_api import conf
from ultahost_api.models import Domain, Email, Event, Invoice, Noun, Order, Quote, Service
from ultahost_api.models.cached import CachedQuerySet
from ultahost_api.models.domains import DomainQuerySet
from ultahost_api.models.events import EventQuerySet
from ultahost_api.models.invoices import InvoiceQuerySet
from ultahost_api.models.prepared import Prepared
from ultahost_api.models.quotes import QuoteQuerySet
from ultahost_api.models.services import ServiceQuerySet

MODELS: dict[Noun, Any] = {
    Noun.SERVICES: Service,
    Noun.DOMAINS: Domain,
    Noun.INVOICES: Invoice,
    Noun.ORDERS: Order,
    Noun.QUOTES: Quote,
    Noun.EMAILS: Email,
}
MOST_FOUND = 6  # rows that ``rows_found`` reads
_REMARK = ("remark__label",)  # who sees the row sees its label and note
_PREPARED = Prepared(most=len(MODELS))
_PLACES = [UUID(int=n) for n in range(MOST_FOUND)]  # where ids of rows stand in its statements


def services_to_view(user: User) -> ServiceQuerySet:
    return rights.rows(Service.objects.all(), user, rights.to_view).select_related("account", *_REMARK)


def service_to_view(user: User, service_id: UUID) -> Service:
    return get_object_or_404(services_to_view(user), pk=service_id)


def service_to_operate(user: User, service_id: UUID) -> Service:
    service = service_to_view(user, service_id)
    account_to_operate(user, service.account_id)
    return service


def services_to_operate(user: User) -> ServiceQuerySet:
    return rights.rows(Service.objects.all(), user, rights.to_operate).select_related("account")


def domains_to_view(user: User) -> DomainQuerySet:
    return rights.rows(Domain.objects.all(), user, rights.to_view).select_related("account", *_REMARK)


@lru_cache(maxsize=2)
def _assessed_domains(today: date) -> DomainQuerySet:
    """All of them with their risk, unread: to build this takes longer than what is added to it."""
    return Domain.objects.select_related("account", *_REMARK).with_end().with_risk(today)


def assessed_domains_to_view(user: User) -> DomainQuerySet:
    """The same, each with its risk and its end."""
    return rights.rows(_assessed_domains(conf.today()), user, rights.to_view)


def domain_to_view(user: User, domain_id: UUID) -> Domain:
    return get_object_or_404(domains_to_view(user), pk=domain_id)


def domain_to_operate(user: User, domain_id: UUID) -> Domain:
    domain = domain_to_view(user, domain_id)
    account_to_operate(user, domain.account_id)
    return domain


def domains_to_operate(user: User) -> DomainQuerySet:
    return rights.rows(Domain.objects.all(), user, rights.to_operate).select_related("account")


def may_set_label(user: User, row: Service | Domain) -> bool:
    """Whether the user may set the label and the note, also of a row that is gone."""
    return accounts_to_operate(user).contains(row.account)


def may_operate(user: User, row: Service | Domain) -> bool:
    """Whether the user may write in the account, so that pages offer the writes."""
    return not row.is_gone and accounts_to_operate(user).contains(row.account)


@lru_cache(maxsize=1)
def _invoices() -> InvoiceQuerySet:
    """All of them, unread: to build this takes longer than what is added to it."""
    return Invoice.objects.select_related("account").with_payments()


def invoices_to_view(user: User) -> InvoiceQuerySet:
    return rights.rows(_invoices(), user, rights.with_invoices)


def invoice_to_view(user: User, invoice_id: UUID) -> Invoice:
    return get_object_or_404(invoices_to_view(user), pk=invoice_id)


def invoices_to_pay(user: User) -> InvoiceQuerySet:
    return rights.rows(_invoices(), user, rights.to_pay)


def invoice_to_pay(user: User, invoice_id: UUID) -> Invoice:
    invoice = invoice_to_view(user, invoice_id)
    tell_of_a_dead_key(user, invoice.account_id)
    return get_object_or_404(invoices_to_pay(user), pk=invoice_id)


def orders_to_view(user: User) -> CachedQuerySet[Order]:
    return rights.rows(Order.objects.all(), user, rights.to_view).select_related("account")


def quotes_to_view(user: User) -> QuoteQuerySet:
    return rights.rows(Quote.objects.all(), user, rights.to_view).select_related("account")


def emails_to_view(user: User) -> CachedQuerySet[Email]:
    """E-mails with subject and date. Reading a body needs the right to operate the account."""
    return rights.rows(Email.objects.all(), user, rights.to_view).select_related("account")


# By noun, in the order in which pages name them.
ROWS_TO_VIEW: dict[Noun, Callable[[User], CachedQuerySet[Any]]] = {
    Noun.SERVICES: services_to_view,
    Noun.DOMAINS: domains_to_view,
    Noun.INVOICES: invoices_to_view,
    Noun.ORDERS: orders_to_view,
    Noun.QUOTES: quotes_to_view,
    Noun.EMAILS: emails_to_view,
}


def rows_found(user: User, noun: Noun, ids: Sequence[UUID]) -> list[Any]:
    """At most MOST_FOUND rows, in any order, by ids that the same request found among rows to view or to pay.

    So no right is asked for again.
    """
    named = {place: ids[min(n, len(ids) - 1)] for n, place in enumerate(_PLACES)}  # some more than once
    found = _PREPARED.rows(MODELS[noun], noun, lambda: _rows_at_places(noun), named)
    accounts = {account.pk: account for account in rights.accounts(user, rights.with_invoices)}
    for row in found:
        if row.account_id in accounts:
            row.account = accounts[row.account_id]
    prefetch_related_objects(found, *MODELS[noun].searched_through)
    return found


def _rows_at_places(noun: Noun) -> CachedQuerySet[Any]:
    rows = MODELS[noun].objects.filter(pk__in=_PLACES)
    return rows.with_payments() if noun == Noun.INVOICES else rows


def events_to_view(user: User) -> EventQuerySet:
    """Events of the rows that the user may view."""
    events = Event.objects.select_related("account")
    if all(rights.is_met_by_all(user, rule) for rule in (rights.to_view, rights.with_invoices)):
        return events
    of_invoices = Q(noun=Noun.INVOICES) & rights.among(user, rights.with_invoices)
    of_others = ~Q(noun=Noun.INVOICES) & rights.among(user, rights.to_view)
    return events.filter(of_invoices | of_others)
