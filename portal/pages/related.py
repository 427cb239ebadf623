"""Draws the rows that belong to the row of a page, as safe HTML."""

from collections.abc import Sequence
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from portal.pages import parts
from portal.wording import formats
from portal.wording.links import href
from portal.wording.translated import Translated

_AT_FIRST = 12  # rows; the rest opens at a click
_WORDS = Translated(
    {
        "invoice": _("Invoice %(name)s"),
        "order": _("Order %(name)s"),
        "service": _("Service %(name)s"),
        "domain": _("Domain %(name)s"),
        "gone": _("No longer at Ultahost"),
        "more": _("%(count)s more"),
    }
)
_HEADS = Translated(
    {
        "what": _("What"),
        "status": _("Status"),
        "next_due_date": _("Due"),
        "date": _("Date"),
        "amount": _("Amount"),
    }
)
_AMOUNTS = {
    "invoice": "total",
    "order": "amount",
    "service": "amount",
    "domain": "recurring_amount",
}
_DAYS = {"service": "next_due_date", "domain": "next_due_date", "invoice": "date", "order": "date"}


def url(row: Any) -> str:
    noun = row._meta.model_name
    return href(noun, row.account_id, row.remote_id) if noun == "order" else href(noun, row.pk)


def related(rows: Sequence[Any]) -> SafeString:
    shown = _table(rows[:_AT_FIRST])
    if not rows[_AT_FIRST:]:
        return shown
    more = _WORDS["more"] % {"count": len(rows) - _AT_FIRST}
    rest = _table(rows[_AT_FIRST:])
    return format_html('{}<details class="more"><summary>{}</summary>{}</details>', shown, more, rest)


def _table(rows: Sequence[Any]) -> SafeString:
    titles = (_HEADS[name] for name in ("what", "status", _DAYS[rows[0]._meta.model_name], "amount"))
    heads = format_html_join("", '<th scope="col">{}</th>', ((title,) for title in titles))
    return format_html(
        '<table class="rows"><thead class="visually-hidden"><tr>{}</tr></thead><tbody>{}</tbody></table>',
        heads,
        parts.joined(map(_row, rows)),
    )


def _row(row: Any) -> SafeString:
    noun = row._meta.model_name
    name = parts.link(url(row), _WORDS[noun] % {"name": row}) + parts.unread_mark(row)
    beneath = _beneath(row)
    return format_html(
        '<tr><td class="name">{}{}</td><td class="state">{}</td><td class="date">{}</td>'
        '<td class="money">{}</td></tr>',
        name,
        format_html('<small class="kept">{}</small>', parts.cut(beneath)) if beneath else "",
        _state(row),
        parts.readable(row, _DAYS[noun], formats.day(getattr(row, _DAYS[noun]))),
        parts.amount(row, _AMOUNTS[noun], getattr(row, "currency", "") or row.account.currency),
    )


def _state(row: Any) -> SafeString:
    if row.is_gone:
        return parts.quiet(_WORDS["gone"])
    return parts.status(getattr(row, "shown_status", row.status))


def _beneath(row: Any) -> str:
    if row._meta.model_name == "service":
        return row.product_name if row.domain else ""
    return (getattr(row, "line", "") or "").partition("\n")[0]
