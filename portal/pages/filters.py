"""The filters of the lists, as forms that validate the query string."""

from typing import Any

import django_filters as filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.models import Act, User
from portal.pages.date_filters import (
    DayFilter,
    MomentFilter,
    PeriodFilter,
    PeriodOfMomentsFilter,
)
from portal.pages.periods import AHEAD
from portal.pages.row_filter import Filters, RowFilter
from portal.pages.selects import Select
from portal.wording.cycles import recurs
from ultahost_api.models.domain_risks import FIRST_DATE
from ultahost_api.refresh.nouns import NOUNS


class CachedFilter(RowFilter):
    """For rows copied from Ultahost: also by whether a field could not be read."""

    number_column = ""
    may_lack_status = True

    unreadable = filters.ChoiceFilter(
        method="by_unreadable",
        label=_("Could not be read"),
        choices=[("any", _("Any field"))],
        empty_label=_("All rows"),
        widget=Select,
    )

    @classmethod
    def get_filters(cls) -> Filters:
        """What is seldom looked for stands last."""
        found = super().get_filters()
        if "unreadable" in found:
            found["unreadable"] = found.pop("unreadable")
        return found

    def by_unreadable(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.partly_unreadable()  # type: ignore[attr-defined]

    def status_label(self, value: str) -> str:
        return ""


class LabelledFilter(CachedFilter):
    """For services and domains: by a label of the team, and by when they fall due.

    Forecasts lead to those that have no due date, of their currency.
    """

    linked: tuple[str, ...] = ("forecast", "currency")

    label = filters.ChoiceFilter(
        method="by_label", label=_("Label"), empty_label=_("Any or none"), widget=Select
    )

    period = PeriodFilter("next_due_date", _("Due"), AHEAD)
    since = DayFilter("next_due_date", "gte", label=_("Due from"))
    until = DayFilter("next_due_date", "lte", label=_("Due to"))

    forecast = filters.ChoiceFilter(
        method="by_forecast", label=_("Forecast"), choices=[("undated", _("No due date"))], widget=Select
    )
    currency = filters.CharFilter("account__currency", label=_("Currency"))

    def by_forecast(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        undated: Any = rows.undated()  # type: ignore[attr-defined]
        cycles = set(undated.order_by().values_list("billing_cycle", flat=True).distinct())
        return undated.filter(billing_cycle__in=[cycle for cycle in cycles if recurs(cycle)])

    def by_label(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(remark__label=None if value == "none" else value)


class DerivedFilter(CachedFilter):
    """For rows whose status the portal derives: expired, overdue."""

    status_column = "derived_status"
    stored_column = "status"

    def by_status(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.in_status(value)  # type: ignore[attr-defined]

    def statuses(self, rows: QuerySet[Any]) -> dict[str, QuerySet[Any]]:
        parts: Any = rows
        return {self.stored_column: parts.of_plain_status(), "derived_status": parts.of_derived_status()}


class QuoteFilter(DerivedFilter):
    stored_column = "stage"

    period = PeriodFilter("created_on")
    since = DayFilter("created_on", "gte", label=_("Made from"))
    until = DayFilter("created_on", "lte", label=_("Made to"))


class OrderFilter(CachedFilter):
    period = PeriodOfMomentsFilter("date")
    since = MomentFilter("date", "gte", label=_("Ordered from"))
    until = MomentFilter("date", "lt", label=_("Ordered to"))


class EmailFilter(CachedFilter):
    status = None  # a mail has none

    period = PeriodOfMomentsFilter("date")
    since = MomentFilter("date", "gte", label=_("Sent from"))
    until = MomentFilter("date", "lt", label=_("Sent to"))


class OperationFilter(RowFilter):
    searched = ("", "user__", "account__")
    status_column = "state"

    period = PeriodOfMomentsFilter("created_at")
    since = MomentFilter("created_at", "gte", label=_("Sent from"))
    until = MomentFilter("created_at", "lt", label=_("Sent to"))


class AuditFilter(RowFilter):
    searched = ("text__",)
    status_column = "noun"
    number_column = "seq"

    act = filters.ChoiceFilter(label=_("What"), choices=Act.choices, empty_label=_("Anything"), widget=Select)
    actor = filters.ModelChoiceFilter(
        queryset=User.objects.all(), label=_("Who"), empty_label=_("Anyone"), widget=Select
    )
    period = PeriodOfMomentsFilter("at")
    since = MomentFilter("at", "gte", label=pgettext_lazy("day", "From"))
    until = MomentFilter("at", "lt", label=pgettext_lazy("day", "To"))


def _told_nouns() -> list[tuple[str, Any]]:
    return [(one.noun.value, one.noun.label) for one in NOUNS.values() if one.tracked]


class EventFilter(RowFilter):
    status_column = "kind"

    noun = filters.ChoiceFilter(
        label=_("What"), choices=_told_nouns, empty_label=_("Anything"), widget=Select
    )
    period = PeriodOfMomentsFilter("at")
    since = MomentFilter("at", "gte", label=pgettext_lazy("day", "From"))
    until = MomentFilter("at", "lt", label=pgettext_lazy("day", "To"))


class DomainFilter(LabelledFilter):
    """Days are the earlier of due date and expiry, either of which may be blank: those of "At risk"."""

    period = PeriodFilter("first_day", _("Due or expires"), AHEAD)
    since = DayFilter("first_day", "gte", label=_("Due or expires from"))
    until = DayFilter("first_day", "lte", label=_("Due or expires to"))

    renew = filters.ChoiceFilter(
        method="by_renewal",
        label=_("Auto-renew"),
        choices=[("on", _("On")), ("off", _("Off"))],
        empty_label=_("On or off"),
        widget=Select,
    )
    view = filters.ChoiceFilter(
        method="by_view",
        label=pgettext_lazy("list", "View"),
        choices=[("at-risk", _("At risk")), ("unknown", _("Risk unknown"))],
        widget=Select,
    )

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return super().filter_queryset(queryset.alias(first_day=FIRST_DATE))

    def by_forecast(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.undated()  # type: ignore[attr-defined]

    def by_renewal(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(auto_renew=value == "on")

    def by_view(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.may_be_lost() if value == "at-risk" else rows.of_unknown_risk()  # type: ignore[attr-defined]
