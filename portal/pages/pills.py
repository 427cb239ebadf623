"""What a list is filtered by, in words: each filter stands as a pill that a person can remove alone."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Model
from django.forms import ChoiceField, Field
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.pages.periods import Period, days_of
from portal.pages.row_filter import RowFilter
from portal.wording import formats
from portal.wording.statuses import status_word


@dataclass(frozen=True, slots=True)
class Pill:
    """One active filter. ``name`` is its parameter in the address."""

    name: str
    label: str
    words: str


def pills(filter: RowFilter) -> list[Pill]:
    """The filters that are in use, in the order of the form. One that cannot be used is in use as well."""
    form = filter.form
    form.is_valid()
    return [
        Pill(name, str(form.fields[name].label), words)
        for name in filter.filters
        if (words := _words(filter, name))
    ]


def _words(filter: RowFilter, name: str) -> str:
    if name in filter.form.errors:
        return _("not known")
    value = filter.form.cleaned_data.get(name)
    if not value or name in filter.unused_days or value == Period.CUSTOM:
        return ""
    if told := filter.words_of(name, value) if name in filter.linked else "":
        return told
    if name == "status":
        return filter.status_label(value) or status_word(value)
    if days := days_of(value, timezone.localdate()) if name == "period" else None:
        return f"{Period(value).label}: {formats.day(days[0])} – {formats.day(days[1])}"
    return _in_words(filter.form.fields[name], value)


def _in_words(field: Field, value: Any) -> str:
    if isinstance(value, date):
        return formats.day(value)
    choices: Any = field.choices if isinstance(field, ChoiceField) and not isinstance(value, Model) else []
    return str(dict(choices).get(value, value))
