"""Rows that a person selected in a list: the ticked ones, or all that its filter finds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, QueryDict
from django.utils.translation import gettext as _

from portal import access
from portal.models import User
from portal.pages.filters import DomainFilter, LabelledFilter
from portal.pages.invoice_filters import InvoiceFilter
from portal.pages.row_filter import RowFilter
from ultahost_api.models.accounts import AccountQuerySet
from ultahost_api.models.cached import CachedQuerySet
from ultahost_api.models.invoices import InvoiceQuerySet

MOST = 500  # rows of one act


@dataclass(frozen=True, slots=True)
class _List:
    """What may be viewed is filtered; what may be operated can be selected."""

    view: Callable[[User], CachedQuerySet[Any]]
    operate: Callable[[User], CachedQuerySet[Any]]
    filter: type[RowFilter]
    order: Sequence[str]
    accounts: Callable[[User], AccountQuerySet] = access.accounts_to_view


_LISTS: Mapping[str, _List] = {
    "services": _List(
        access.services_to_view,
        access.services_to_operate,
        LabelledFilter,
        ("account__name", "domain", "product_name", "remote_id"),
    ),
    "domains": _List(
        access.assessed_domains_to_view,
        access.domains_to_operate,
        DomainFilter,
        ("account__name", "name"),
    ),
    "invoices": _List(
        access.invoices_to_view,
        access.invoices_to_pay,
        InvoiceFilter,
        ("due_date", "remote_id"),
        access.accounts_with_invoices,
    ),
}
LABELLED = frozenset({"services", "domains"})


@dataclass(frozen=True, slots=True)
class Selection:
    """``rows`` may all be operated: a queryset, or a list of what is read live.

    Of ``left_out`` that the filter finds the person may only view the account.

    ``settled`` is how many invoices of a filter there is nothing to pay of.
    """

    rows: Any
    left_out: int = 0
    settled: int = 0

    @property
    def count(self) -> int:
        return len(self.rows) if isinstance(self.rows, list) else int(self.rows.count())

    @property
    def is_too_large(self) -> bool:
        return self.count > MOST


def selected(user: User, noun: str, data: QueryDict) -> Selection:
    """A 404 if one of the ticked rows may not be operated, or if the list has no such filter."""
    if data.get("all"):
        return _matching(user, _LISTS[noun], QueryDict(data.get("filter", "")))
    ids = _ids(data.getlist("row"))
    listed = _LISTS[noun]
    rows = listed.operate(user).filter(pk__in=ids)
    if len(ids) > MOST or rows.count() != len(ids):
        raise Http404
    return Selection(rows.order_by(*listed.order))


def wrong_words(selection: Selection) -> str:
    """What is wrong with the selection, in words; empty if nothing is."""
    if selection.is_too_large:
        return _("Select at most %(most)s rows. Nothing was changed.") % {"most": MOST}
    return "" if selection.count else _("Select rows first. Nothing was changed.")


def _matching(user: User, listed: _List, query: QueryDict) -> Selection:
    every = listed.view(user)
    every = every.gone() if query.get("gone") == "1" else every.present()
    accounts, labels = listed.accounts(user), access.labels_to_see(user)
    wanted = listed.filter(query, every, accounts=accounts, labels=labels)
    if not wanted.is_valid():
        raise Http404
    found: QuerySet[Any] = wanted.qs
    rows = listed.operate(user).filter(pk__in=found.order_by().values("pk")).order_by(*listed.order)
    left_out = found.count() - rows.count()
    if not isinstance(rows, InvoiceQuerySet):
        return Selection(rows, left_out)
    payable = rows.payable()
    return Selection(payable, left_out, settled=rows.count() - payable.count())


def _ids(told: list[str]) -> set[UUID]:
    try:
        return {UUID(one) for one in told}
    except ValueError:
        raise Http404 from None
