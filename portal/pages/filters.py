"""The filters of the lists, as forms that validate the query string."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import django_filters as filters
from django.db.models import Model, Q, QuerySet
from django.forms import DateInput, ModelChoiceField
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from portal.models import Act, User
from portal.pages.selects import Select
from ultahost_api.models import Account, Noun, search_index
from ultahost_api.models.folding import wanted

EARLIEST = date(1990, 1, 1)  # an earlier year is most often half typed


class DayInput(DateInput):
    """A day. The browser does not send it before its year has four digits."""

    def __init__(self) -> None:
        limits = {"min": EARLIEST.isoformat(), "max": "9999-12-31"}
        super().__init__(attrs={"type": "date"} | limits, format="%Y-%m-%d")


class DayFilter(filters.DateFilter):
    """A day. A day before EARLIEST does not filter, and the list says so."""

    def __init__(self, column: str, lookup: str, label: Any) -> None:
        super().__init__(column, lookup, label=label, widget=DayInput())

    def filter(self, rows: QuerySet[Any], value: date | None) -> QuerySet[Any]:
        if value and value < EARLIEST:
            return rows
        return super().filter(rows, value)


class RowFilter(filters.FilterSet):
    """Account, status and search; each list says which folded texts its search reads.

    ``searched`` has the paths that lead to them: "" to the row itself, ``account__`` to its account.
    """

    searched: tuple[str, ...] = ("", "account__")
    status_column = "status"
    number_column = "remote_id"

    q = filters.CharFilter(method="search", label=_("Search"))
    status = filters.CharFilter(method="by_status", label=_("Status"))
    account = filters.TypedChoiceFilter(label=_("Account"), widget=Select)

    def __init__(self, data: QueryDict, rows: QuerySet[Any], *, accounts: Iterable[Account]) -> None:
        """Only ``accounts`` can be chosen. They are read once, for the choices and for the choice."""
        super().__init__(data, rows)
        by_id = {str(account.pk): account for account in accounts}
        self.filters["account"].extra |= {
            "choices": [("", _("All accounts")), *by_id.items()],
            "coerce": by_id.get,
            "empty_value": None,
            "error_messages": {"invalid_choice": ModelChoiceField.default_error_messages["invalid_choice"]},
        }

    def search(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Rows whose folded texts contain every word. A number also finds the row with that id."""
        for spellings in wanted(value):
            found = Q()
            for word in spellings:
                for path in self.searched:
                    found |= search_index.holding(_model(rows, path), word, path)
                number = word.removeprefix("#")
                if number.isascii() and number.isdigit() and len(number) < 19:
                    found |= Q(**{self.number_column: int(number)})
            rows = rows.filter(found)
        return rows

    def by_status(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(**{self.status_column: value})

    @property
    def unused_days(self) -> list[str]:
        """The labels of days that are before EARLIEST and so not used."""
        days = [name for name, one in self.filters.items() if isinstance(one, DayFilter)]
        told = self.form.cleaned_data if self.is_valid() else {}
        return [str(self.filters[name].label) for name in days if (told.get(name) or EARLIEST) < EARLIEST]


def _model(rows: QuerySet[Any], path: str) -> type[Model]:
    """Of the rows themselves, or of what ``path`` leads to from them: ``account__``."""
    if not path:
        return rows.model
    return rows.model._meta.get_field(path.removesuffix("__")).related_model


class CachedFilter(RowFilter):
    """For rows copied from Ultahost: also by whether a field could not be read."""

    unreadable = filters.ChoiceFilter(
        method="by_unreadable", label=_("Could not be read"), choices=[("any", _("Any field"))]
    )

    def by_unreadable(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.partly_unreadable()  # type: ignore[attr-defined]


class InvoiceFilter(CachedFilter):
    since = DayFilter("date", "gte", label=_("Dated from"))
    until = DayFilter("date", "lte", label=_("Dated to"))

    unreadable = filters.ChoiceFilter(
        method="by_unreadable",
        label=_("Could not be read"),
        choices=[("any", _("Any field")), ("total", _("The total"))],
    )

    def by_unreadable(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(total=None) if value == "total" else super().by_unreadable(rows, name, value)

    def by_status(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """``Open`` and ``Overdue`` are derived; the provider has no such status."""
        if value == "Open":
            return rows.open()  # type: ignore[attr-defined]
        if value == "Overdue":
            return rows.overdue()  # type: ignore[attr-defined]
        return rows.filter(status=value)


class QuoteFilter(CachedFilter):
    status_column = "stage"


class EmailFilter(CachedFilter):
    status = None  # a mail has none


class OperationFilter(RowFilter):
    searched = ("", "user__", "account__")
    status_column = "state"


class AuditFilter(RowFilter):
    searched = ("text__",)
    status_column = "noun"
    number_column = "seq"

    act = filters.ChoiceFilter(label=_("What"), choices=Act.choices, empty_label=_("Anything"))
    actor = filters.ModelChoiceFilter(
        queryset=User.objects.all(), label=_("Who"), empty_label=_("Anyone"), widget=Select
    )
    since = DayFilter("at", "date__gte", label=_("From"))
    until = DayFilter("at", "date__lte", label=_("To"))


def _told_nouns() -> list[tuple[str, Any]]:
    told = (Noun.SERVICES, Noun.INVOICES, Noun.DOMAINS, Noun.ORDERS, Noun.QUOTES)
    return [(noun.value, noun.label) for noun in told]


class EventFilter(RowFilter):
    status_column = "kind"

    noun = filters.ChoiceFilter(label=_("What"), choices=_told_nouns)
    since = DayFilter("at", "date__gte", label=_("From"))
    until = DayFilter("at", "date__lte", label=_("To"))


class DomainFilter(CachedFilter):
    renew = filters.ChoiceFilter(
        method="by_renewal", label=_("Auto-renew"), choices=[("on", _("On")), ("off", _("Off"))]
    )
    risk = filters.ChoiceFilter(
        method="by_risk", label=_("Risk"), choices=[("yes", _("At risk")), ("unknown", _("Not known"))]
    )

    def by_renewal(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(auto_renew=value == "on")

    def by_risk(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.at_risk() if value == "yes" else rows.of_unknown_risk()  # type: ignore[attr-defined]
