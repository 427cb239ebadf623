"""Draws what falls due: a list by days and a month as a table, as safe HTML.

A day and an entry are those of ``portal.queries.agenda``.
"""

import calendar
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from portal.pages import parts
from portal.wording import agenda, formats, statuses
from portal.wording.agenda import ROUTES, Kind
from portal.wording.links import href
from portal.wording.translated import Translated
from ultahost_api import conf

_WORDS = Translated(
    {
        "expected": _("Expected"),
        "expected sum": _("%(sum)s expected"),
        "invoiced": _("Invoiced"),
        "expires": _("Expires"),
        "offer": _("Quote"),
        "today": _("Today"),
    }
)


def by_day(entries: Iterable[Any]) -> Mapping[date, list[Any]]:
    found: defaultdict[date, list[Any]] = defaultdict(list)
    for entry in entries:
        found[entry.day].append(entry)
    return found


def listed(days: Iterable[Any], entries: Iterable[Any], address: str) -> SafeString:
    """A ``<tbody>`` for each day: its head with the sums, then its rows. ``address`` has those left out."""
    found = by_day(entries)
    return parts.joined(_day(day, found.get(day.day, []), address) for day in days)


def _day(day: Any, entries: Sequence[Any], address: str) -> SafeString:
    more = _more(day.count - len(entries), address and f"{address}#day-{day.day.isoformat()}")
    rest = format_html('<tr><td class="name" colspan="5">{}</td></tr>', more) if more else parts.NOTHING
    return format_html(
        '<tbody id="day-{}"><tr class="day">'
        '<th scope="rowgroup" colspan="2">{} <span class="quiet">{}</span></th>'
        '<td class="money" colspan="3">{}</td></tr>{}{}</tbody>',
        day.day.isoformat(),
        f"{WEEKDAYS[day.day.weekday()]}, {formats.day(day.day)}",
        formats.days_away(day.day),
        sums(day),
        parts.joined(map(_row, entries)),
        rest,
    )


def _row(entry: Any) -> SafeString:
    return format_html(
        '<tr><td class="name">{}{}</td><td class="state">{}</td><td class="account-cell">{}</td>'
        '<td class="extra">{}</td><td class="money">{}</td></tr>',
        parts.link(url(entry), agenda.title(entry)),
        parts.unread_mark(entry.row),
        state(entry),
        parts.account(entry.row.account),
        parts.cut(getattr(entry.row, "product_name", "") or ""),
        amount(entry),
    )


def state(entry: Any) -> SafeString:
    if entry.is_invoiced:
        return parts.pill(statuses.ENDED, _WORDS["invoiced"])
    if entry.is_expected:
        return parts.pill(statuses.INFO, _WORDS["expected"])
    if entry.ends:
        return parts.pill(statuses.SOON, _WORDS["expires"])
    return parts.status(entry.row.shown_status if entry.kind == Kind.INVOICES else entry.row.shown_stage)


def amount(entry: Any) -> Any:
    """What is in no sum is quiet."""
    if entry.ends or entry.is_invoiced:
        return parts.NOTHING
    shown = formats.money(entry.amount, entry.currency)
    return shown if entry.is_counted else parts.quiet(shown)


def sums(day: Any) -> SafeString:
    """One line for each currency, with what of it is expected."""
    return parts.joined(map(_sum, day.sums))


def _sum(one: Any) -> SafeString:
    expected = parts.NOTHING
    if one.expected and one.told:
        words = _WORDS["expected sum"] % {"sum": formats.money(one.expected, one.currency)}
        expected = format_html(' <span class="quiet">{}</span>', words)
    elif one.expected:
        expected = format_html(' <span class="quiet">{}</span>', _WORDS["expected"].lower())
    unread = parts.NOTHING
    if one.unread:
        unread = format_html(' <span class="bad">{}</span>', formats.unreadable_amounts(one.unread))
    return format_html(
        '<span class="sum">{}{}{}</span>', formats.money(one.all, one.currency), expected, unread
    )


def url(entry: Any) -> str:
    row = entry.row
    ids = (row.account_id, row.remote_id) if entry.kind == Kind.QUOTES else (row.pk,)
    return href(ROUTES[entry.kind], *ids)


def weekdays() -> list[tuple[str, str]]:
    """Short and full, from Monday."""
    return [(str(WEEKDAYS_ABBR[number]), str(WEEKDAYS[number])) for number in range(7)]


def month(first: date, days: Iterable[Any], entries: Iterable[Any], address: str) -> SafeString:
    """The weeks of a month. ``address`` leads to the list of the month, in which each day has an id."""
    known, found = {day.day: day for day in days}, by_day(entries)
    weeks = calendar.Calendar().monthdatescalendar(first.year, first.month)
    cells = [
        [
            _cell(day, known.get(day), found.get(day, []), address) if day.month == first.month else _OUTSIDE
            for day in week
        ]
        for week in weeks
    ]
    return parts.joined(format_html("<tr>{}</tr>\n", parts.joined(week)) for week in cells)


_OUTSIDE = SafeString('<td class="outside"></td>')


def _cell(day: date, told: Any, entries: Sequence[Any], address: str) -> SafeString:
    is_today = day == conf.today()
    head = format_html(
        '<time datetime="{}"{}>{}<span class="long"> {}</span></time>',
        day.isoformat(),
        SafeString(' aria-current="date"') if is_today else "",
        day.day,
        f"{WEEKDAYS[day.weekday()]}, {formats.day(day)}",
    )
    if told is None:
        return format_html('<td class="empty-day">{}</td>', head)
    items = parts.joined(format_html("<li>{}</li>", _item(entry)) for entry in entries)
    more = _more(told.count - len(entries), f"{address}#day-{day.isoformat()}")
    return format_html(
        '<td>{}<ul>{}{}</ul><div class="sums-of-day">{}</div></td>',
        head,
        items,
        format_html("<li>{}</li>", more) if more else "",
        sums(told),
    )


def _item(entry: Any) -> SafeString:
    hue = {Kind.INVOICES: "bad" if getattr(entry.row, "is_overdue", False) else "soon", Kind.QUOTES: "ended"}
    return format_html(
        '<a href="{}" title="{}" data-hue="{}">{}</a>',
        url(entry),
        agenda.title(entry),
        hue.get(entry.kind, "info"),
        entry.row,  # a cell has room for the name alone
    )


def _more(count: int, url: str) -> SafeString:
    if count <= 0:
        return parts.NOTHING
    words = ngettext("%(count)d more", "%(count)d more", count) % {"count": count}
    return parts.link(url, words) if url else parts.quiet(words)
