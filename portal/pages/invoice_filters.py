"""The filter of the invoices, which the numbers of Spend lead to."""

from collections.abc import Iterable
from typing import Any

import django_filters as filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.models import Label
from portal.models.labels import label_of_line
from portal.pages.date_filters import DayFilter, PeriodFilter
from portal.pages.filters import DerivedFilter
from portal.pages.selects import Select
from portal.wording.spend import product
from ultahost_api.models import Account
from ultahost_api.models.invoice_statuses import ASKED_FOR, OVERDUE
from ultahost_api.models.spending import BY_PRODUCT, NAMED, NOT_ASSIGNED, OWN_KEYS, with_line_of

UNASSIGNED = "not assigned"  # in an address: the product or label of lines that have none


def currencies_of(accounts: Iterable[Account]) -> set[str]:
    """Those of the accounts now, and those of their older invoices."""
    told = {currency for one in accounts for currency in (one.currency, one.former_currency)}
    return told - {""}


class InvoiceFilter(DerivedFilter):
    groups = (ASKED_FOR,)
    linked = ("spend", "product", "of_label", "due")
    first_statuses = (ASKED_FOR, OVERDUE)

    period = PeriodFilter("date")
    since = DayFilter("date", "gte", label=_("Dated from"))
    until = DayFilter("date", "lte", label=_("Dated to"))

    unreadable = filters.ChoiceFilter(
        method="by_unreadable",
        label=_("Could not be read"),
        choices=[("any", _("Any field")), ("total", _("The total")), ("details", _("Details not read yet"))],
        empty_label=_("All rows"),
        widget=Select,
    )
    credit = filters.ChoiceFilter(
        method="by_credit",
        label=_("Credit"),
        choices=[("used", _("Credit was used")), ("below", _("Total below zero"))],
        empty_label=_("With or without"),
        widget=Select,
    )
    currency = filters.ChoiceFilter(label=_("Currency"), empty_label=_("Any currency"), widget=Select)
    spend = filters.ChoiceFilter(
        method="by_spend", label=_("Spend"), choices=[("counted", _("Counted as spend"))], widget=Select
    )
    due = filters.ChoiceFilter(
        method="by_due", label=_("Due"), choices=[("none", _("No due date"))], widget=Select
    )
    product = filters.CharFilter(method="by_product", label=_("Product"))
    of_label = filters.CharFilter(method="by_label_of_line", label=pgettext_lazy("team", "Label"))

    def __init__(
        self, *args: Any, accounts: Iterable[Account], labels: Iterable[Label] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, accounts=accounts, labels=labels, **kwargs)
        self._labels = labels
        currencies = sorted(currencies_of(accounts))
        self.filters["currency"].extra["choices"] = [(one, one) for one in currencies]

    def by_credit(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """``used`` is known of those whose details were read."""
        if value == "below":
            return rows.filter(total__lt=0)
        return rows.filter(credit__isnull=False).exclude(credit=0)

    def by_spend(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.counted()  # type: ignore[attr-defined]

    def by_due(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(due_date=None)

    def by_product(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Invoices with a line of this product, or with one that names none."""
        key = NOT_ASSIGNED if value == UNASSIGNED else _product_key(value)
        return with_line_of(BY_PRODUCT, key, rows)  # type: ignore[arg-type]

    def by_label_of_line(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Invoices with a line of this label, or with one that has none."""
        if value == UNASSIGNED:
            return with_line_of(label_of_line(), None, rows)  # type: ignore[arg-type]
        label = self._label(value)
        return with_line_of(label_of_line(), label.pk, rows) if label else rows.none()  # type: ignore[arg-type]

    def words_of(self, name: str, value: str) -> str:
        if name not in ("product", "of_label"):
            return super().words_of(name, value)
        if value == UNASSIGNED:
            return str(_("Not assigned"))
        if name == "product":
            return product(_product_key(value))
        label = self._label(value)
        return label.name if label else str(_("not known"))

    def _label(self, value: str) -> Label | None:
        """One that the person may see. Addresses of earlier versions have its name."""
        return next((one for one in self._labels if value in (str(one.pk), one.name)), None)

    def by_unreadable(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        if value == "details":
            return rows.filter(detailed_at=None)
        return rows.filter(total=None) if value == "total" else super().by_unreadable(rows, name, value)


def _product_key(value: str) -> str:
    """Addresses of earlier versions have the bare name of a product."""
    return value if value in OWN_KEYS or value.startswith(NAMED) else f"{NAMED}{value}"
