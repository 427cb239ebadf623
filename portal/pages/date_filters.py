"""Filters by days: two days to type, or a period to choose."""

from datetime import date, datetime, time
from typing import Any

import django_filters as filters
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import DateField, DateInput
from django.forms.utils import flatatt
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from portal.pages.periods import BEHIND, Period, days_of
from portal.pages.selects import Select

EARLIEST = date(1990, 1, 1)  # an earlier year is most often half typed

_PERIOD = _("Period")
_UNUSED = _("An incomplete date or one before 1990 filters nothing.")  # shown while it is so


class DayInput(DateInput):
    """A day. The browser does not send it before its year has four digits."""

    def __init__(self) -> None:
        limits = {"min": EARLIEST.isoformat(), "max": "9999-12-31"}
        super().__init__(attrs={"type": "date"} | limits, format="%Y-%m-%d")

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """Without templates, since a list has two of them."""
        told = {"type": self.input_type, "name": name, "value": self.format_value(value)}
        return format_html("<input{}>", flatatt(told | self.build_attrs(self.attrs, attrs)))


class HalfTypedDayField(DateField):
    """What is no day counts as none, since it is most often half typed."""

    def to_python(self, value: Any) -> date | None:
        try:
            return super().to_python(value)
        except ValidationError:
            return None


class DayFilter(filters.DateFilter):
    """A day. A half-typed one or one before EARLIEST does not filter, and the list says so."""

    field_class = HalfTypedDayField

    def __init__(self, column: str, lookup: str, label: Any) -> None:
        super().__init__(column, lookup, label=label, widget=DayInput(), help_text=_UNUSED)

    def filter(self, rows: QuerySet[Any], value: date | None) -> QuerySet[Any]:
        if value and value < EARLIEST:
            return rows
        return super().filter(rows, value)


class PeriodFilter(filters.ChoiceFilter):
    """A month, quarter or year around today in the person's time zone."""

    def __init__(self, column: str, label: Any = _PERIOD, offered: tuple[Period, ...] = BEHIND) -> None:
        select = Select(attrs={"data-period": ""})
        choices = [(one.value, one.label) for one in offered]
        super().__init__(column, label=label, choices=choices, empty_label=_("Any date"), widget=select)

    def filter(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        days = days_of(value, timezone.localdate())
        return self.between(rows, *days) if days else rows

    def between(self, rows: QuerySet[Any], first: date, last: date) -> QuerySet[Any]:
        return rows.filter(**{f"{self.field_name}__range": (first, last)})


class PeriodOfMomentsFilter(PeriodFilter):
    """Of a column of moments: from the first day's begin to the last day's end, so that its index is read."""

    def between(self, rows: QuerySet[Any], first: date, last: date) -> QuerySet[Any]:
        column = self.field_name
        return rows.filter(**{f"{column}__gte": begin(first), f"{column}__lt": begin(last + date.resolution)})


class MomentFilter(DayFilter):
    """``gte``: from the begin of the day. ``lt``: until the end of the day."""

    def filter(self, rows: QuerySet[Any], value: date | None) -> QuerySet[Any]:
        if value is None or value < EARLIEST:
            return rows
        if self.lookup_expr == "gte":
            return rows.filter(**{f"{self.field_name}__gte": begin(value)})
        if value == date.max:
            return rows
        return rows.filter(**{f"{self.field_name}__lt": begin(value + date.resolution)})


def begin(day: date) -> datetime:
    """In the person's time zone."""
    return datetime.combine(day, time.min, timezone.get_current_timezone())
