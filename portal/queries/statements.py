"""The invoices of one month, of one account or summed up by account, for the books."""

from dataclasses import dataclass
from datetime import date
from itertools import chain

from django.db.models import Min, Q

from portal import access
from portal.models import User
from portal.queries import related
from portal.queries.cycles import last_of_month
from ultahost_api.models import Account
from ultahost_api.models.invoice_totals import FilteredTotals, add_filtered
from ultahost_api.models.invoices import InvoiceQuerySet


@dataclass(frozen=True, slots=True)
class Statement:
    """The invoices of an account that are dated in one month, and what they come to in each currency."""

    account: Account
    invoices: InvoiceQuerySet
    sums: list[FilteredTotals]
    not_counted: int  # invoices that are listed and in no sum
    undated: int  # invoices of the account whose date could not be read: of no month


def statement(user: User, account: Account, month: date) -> Statement:
    every = access.invoices_to_view(user).of([account]).present()
    invoices = every.filter(_dated_in(month)).order_by("date", "remote_id")
    return Statement(
        account=account,
        invoices=related.with_things(user, invoices),
        sums=invoices.counted().totalled(),
        not_counted=invoices.not_counted().count(),
        undated=every.filter(date=None).count(),
    )


class Month:
    """What each account comes to in a month, and all of them."""

    def __init__(self, user: User, month: date) -> None:
        invoices = access.invoices_to_view(user).counted().filter(_dated_in(month))
        self._accounts = access.accounts_with_invoices(user)
        self._sums = access.kept_figures(user, ("statements", month), invoices.totalled_by_account)

    @property
    def by_account(self) -> list[tuple[Account, FilteredTotals | None]]:
        """Each account in each of its currencies; None of one without invoices."""
        return [(account, one) for account in self._accounts for one in self._sums.get(account.pk, [None])]

    @property
    def sums(self) -> list[FilteredTotals]:
        """Of each currency."""
        return add_filtered(chain.from_iterable(self._sums.values()))


def first_day(user: User) -> date | None:
    """The date of the oldest invoice that the person may view; None without any."""
    invoices = access.invoices_to_view(user).present()
    return access.kept_figures(
        user, "first day of statements", lambda: invoices.aggregate(first=Min("date"))["first"]
    )


def _dated_in(month: date) -> Q:
    return Q(date__range=(month, last_of_month(month)))
