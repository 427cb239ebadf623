"""The filters of the lists, as forms that validate the query string."""

from collections.abc import Iterable
from functools import cache
from typing import Any

import django_filters as filters
from django.db.models import Model, Q, QuerySet
from django.forms import ModelChoiceField
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.models import Act, Label, User
from portal.pages.date_filters import (
    EARLIEST,
    DayFilter,
    MomentFilter,
    PeriodFilter,
    PeriodOfMomentsFilter,
)
from portal.pages.periods import AHEAD
from portal.pages.selects import Options, Select
from ultahost_api.models import Account, search_index
from ultahost_api.models.folding import wanted
from ultahost_api.refresh.nouns import NOUNS

_TOO_EARLY = _("%(label)s: a date before 1990 filters nothing.")
_BACKWARDS = _("“%(since)s” is after “%(until)s”, so that nothing can match.")
_NOT_HERE = _("This list cannot be filtered by “%(label)s”.")
_HALF_TYPED = _("%(label)s: an incomplete date filters nothing.")


class RowFilter(filters.FilterSet):
    """Account, status and search; each list says which folded texts its search reads.

    ``searched`` has the paths that lead to them: "" to the row itself, ``account__`` to its account.
    """

    searched: tuple[str, ...] = ("", "account__")
    status_column = "status"
    groups: tuple[str, ...] = ()  # of statuses, that have a chip of their own
    first_statuses: tuple[str, ...] = ()  # whose chips come first
    number_column = "remote_id"  # "" if the folded text has the number
    linked: tuple[str, ...] = ()  # filters that only links set: they have no field, and a pill takes them off

    q = filters.CharFilter(method="search", label=_("Search"))
    status = filters.CharFilter(method="by_status", label=_("Status"))
    account = filters.TypedChoiceFilter(label=_("Account"), widget=Select)

    def __init__(
        self,
        data: QueryDict,
        rows: QuerySet[Any],
        *,
        accounts: Iterable[Account],
        labels: Iterable[Label] = (),
    ) -> None:
        """Only ``accounts`` and ``labels`` can be chosen. They are read once, for choices and choice."""
        super().__init__(data, rows)
        if "label" in self.filters:
            known = [(str(label.pk), label.name) for label in labels]
            self.filters["label"].extra["choices"] = [("none", _("No label")), *known]
        self._accounts = [*accounts]
        by_id = {str(account.pk): account for account in self._accounts}
        to_choose = [("", _("All accounts")), *by_id.items()]
        self.filters["account"].extra |= {
            "choices": Options(to_choose),
            "coerce": by_id.get,
            "empty_value": None,
            "error_messages": {"invalid_choice": ModelChoiceField.default_error_messages["invalid_choice"]},
        }

    def search(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Rows whose folded texts contain every word, or whose number is the word.

        Words that only the texts of the rows hold are looked up together: few rows hold all of them.
        """
        words = wanted(value)
        elsewhere = [self._numbered(word) | self._named(word) for word in words]
        for path in set(self.searched) - {"", "account__"}:
            held = search_index.holding_each(_model(rows, path), words, path)
            elsewhere = [found | more for found, more in zip(elsewhere, held, strict=True)]
        if "" not in self.searched:
            return rows.filter(*(found or Q(pk__in=[]) for found in elsewhere))
        told = list(zip(words, elsewhere, strict=True))
        alone = [word for word, found in told if not found]
        either = [found | search_index.holding(rows.model, [word]) for word, found in told if found]
        return rows.filter(*either, search_index.holding(rows.model, alone) if alone else Q())

    def _named(self, word: set[str]) -> Q:
        """By the name of the account: they were read for the choice."""
        accounts = self._accounts if "account__" in self.searched else ()
        ids = [account.pk for account in accounts if search_index.holds(account.folded, word)]
        return Q(account__in=ids) if ids else Q()

    def _numbered(self, word: set[str]) -> Q:
        found = Q()
        for number in (spelling.removeprefix("#") for spelling in word):
            if self.number_column and number.isascii() and number.isdigit() and len(number) < 19:
                found |= Q(**{self.number_column: int(number)})
        return found

    def by_status(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(**{self.status_column: value})

    def statuses(self, rows: QuerySet[Any]) -> dict[str, QuerySet[Any]]:
        """The rows in parts, by the column of each that has their status."""
        return {self.status_column: rows}

    def words_of(self, name: str, value: str) -> str:
        """What a value of a filter that only links set says; empty if it says that itself."""
        return ""

    def status_label(self, value: str) -> str:
        """The label of one of our own choices; empty for a word of Ultahost."""
        column: Any = self.queryset.model._meta.get_field(self.status_column)
        return str(dict(column.flatchoices).get(value, ""))

    def by_view(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Of lists that have a filter ``view``: the rows of that view."""
        raise NotImplementedError

    @property
    def unused_days(self) -> dict[str, str]:
        """A sentence for each day that does not filter, by the name of its field."""
        days = {name: one for name, one in self.filters.items() if isinstance(one, DayFilter)}
        return {name: words for name, one in days.items() if (words := self._unused(name, str(one.label)))}

    @property
    def remarks(self) -> list[str]:
        """Sentences about what was sent and filters nothing, or leaves nothing."""
        self.is_valid()
        first, last = (self.form.cleaned_data.get(name) for name in ("since", "until"))
        labels = {name: self.filters[name].label for name in ("since", "until") if name in self.filters}
        backwards = [str(_BACKWARDS) % labels] if first and last and first > last >= EARLIEST else []
        elsewhere = _labels_of_every_filter()
        strange = [name for name in self.data if name in elsewhere and name not in self.filters]
        return [
            *self.unused_days.values(),
            *backwards,
            *(str(_NOT_HERE) % {"label": elsewhere[name]} for name in strange),
        ]

    def _unused(self, name: str, label: str) -> str:
        if not self.data.get(name, "").strip():
            return ""
        self.is_valid()
        day = self.form.cleaned_data.get(name)
        if day and day >= EARLIEST:
            return ""
        return str(_TOO_EARLY if day else _HALF_TYPED) % {"label": label}


@cache
def _labels_of_every_filter() -> dict[str, object]:
    """By name: those of all lists. An address may be of another list, or of an earlier version."""
    labels: dict[str, object] = {}
    classes = [RowFilter]
    for one in classes:
        classes += one.__subclasses__()
        labels = {name: filter_.label for name, filter_ in one.base_filters.items()} | labels
    return labels


def _model(rows: QuerySet[Any], path: str) -> type[Model]:
    """Of the rows themselves, or of what ``path`` leads to from them: ``account__``."""
    if not path:
        return rows.model
    return rows.model._meta.get_field(path.removesuffix("__")).related_model


class CachedFilter(RowFilter):
    """For rows copied from Ultahost: also by whether a field could not be read."""

    number_column = ""

    unreadable = filters.ChoiceFilter(
        method="by_unreadable",
        label=_("Could not be read"),
        choices=[("any", _("Any field"))],
        empty_label=_("All rows"),
        widget=Select,
    )

    @classmethod
    def get_filters(cls) -> dict[str, filters.Filter]:
        """What is seldom looked for stands last."""
        found: dict[str, filters.Filter] = super().get_filters()
        return found | {"unreadable": found.pop("unreadable")} if "unreadable" in found else found

    def by_unreadable(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.partly_unreadable()  # type: ignore[attr-defined]

    def status_label(self, value: str) -> str:
        return ""


class LabelledFilter(CachedFilter):
    """For services and domains: by a label of the team, and by when they fall due."""

    label = filters.ChoiceFilter(
        method="by_label", label=_("Label"), empty_label=_("Any or none"), widget=Select
    )

    period = PeriodFilter("next_due_date", _("Due"), AHEAD)
    since = DayFilter("next_due_date", "gte", label=_("Due from"))
    until = DayFilter("next_due_date", "lte", label=_("Due to"))

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

    def by_renewal(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(auto_renew=value == "on")

    def by_view(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.may_be_lost() if value == "at-risk" else rows.of_unknown_risk()  # type: ignore[attr-defined]
