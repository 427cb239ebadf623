"""What the filters of all lists share: a form that validates the query string, and the search."""

from collections.abc import Iterable
from copy import copy
from functools import cache
from typing import Any

import django_filters as filters
from django.db.models import Model, Q, QuerySet
from django.forms import ModelChoiceField
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from portal.models import Label
from portal.pages.date_filters import (
    EARLIEST,
    DayFilter,
)
from portal.pages.selects import Options, Select
from ultahost_api.models import Account, search_index
from ultahost_api.models.folding import wanted
from ultahost_api.models.held_words import holds

NO_STATUS = "no status"  # in an address: rows without one

_TOO_EARLY = _("%(label)s: a date before 1990 filters nothing.")
_BACKWARDS = _("“%(since)s” is after “%(until)s”, so that nothing can match.")
_NOT_HERE = _("This list cannot be filtered by “%(label)s”.")
_HALF_TYPED = _("%(label)s: an incomplete date filters nothing.")


class Filters(dict[str, filters.Filter]):
    """Django-filter copies them whole for each request; only ``extra`` is written to."""

    def __deepcopy__(self, _memo: object) -> dict[str, filters.Filter]:
        made = {name: copy(filter_) for name, filter_ in self.items()}
        for filter_ in made.values():
            filter_.extra = {**filter_.extra}
            filter_.method = filter_.method  # binds it to the copy
        return made


class RowFilter(filters.FilterSet):
    """Account, status and search; each list says which folded texts its search reads.

    ``searched`` has the paths that lead to them: "" to the row itself, ``account__`` to its account.
    """

    searched: tuple[str, ...] = ("", "account__")
    status_column = "status"
    groups: tuple[str, ...] = ()  # of statuses, that have a chip of their own
    first_statuses: tuple[str, ...] = ()  # whose chips come first
    may_lack_status = False  # whether rows without one have a chip
    number_column = "remote_id"  # "" if the folded text has the number
    linked: tuple[str, ...] = ()  # filters that only links set: they have no field, and a pill takes them off

    q = filters.CharFilter(method="search", label=_("Search"))
    status = filters.CharFilter(method="by_chosen_status", label=_("Status"))
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

    @classmethod
    def get_filters(cls) -> Filters:
        return Filters(super().get_filters())

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
        others = [([word], found) for word, found in told if found] + ([(alone, Q())] if alone else [])
        own = search_index.holding_several(rows.model, [some for some, _found in others])
        return rows.filter(*(found | q for (_some, found), q in zip(others, own, strict=True)))

    def _named(self, word: set[str]) -> Q:
        """By the name of the account: they were read for the choice."""
        accounts = self._accounts if "account__" in self.searched else ()
        ids = [account.pk for account in accounts if holds(account.folded, word)]
        return Q(account__in=ids) if ids else Q()

    def _numbered(self, word: set[str]) -> Q:
        found = Q()
        for number in (spelling.removeprefix("#") for spelling in word):
            if self.number_column and number.isascii() and number.isdigit() and len(number) < 19:
                found |= Q(**{self.number_column: int(number)})
        return found

    def by_chosen_status(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return self.by_status(rows, name, "" if self.may_lack_status and value == NO_STATUS else value)

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
