"""The smallest parts of a page, the same in lists, on detail pages and in the history, as safe HTML.

A list draws hundreds of them, so none of them renders a template.
"""

import html
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.db.models import Choices
from django.utils import timezone
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from portal.pages.icons import icon
from portal.wording import fields, formats, risks, statuses
from portal.wording.translated import Translated, label
from ultahost_api import conf
from ultahost_api.models import Refresh

NOTHING = SafeString("")
_LONG = 60  # letters
_VERY_LONG = 240  # of a sentence
_AS_AGE = timedelta(weeks=1)
_WORDS = Translated(
    {
        "on": _("On"),
        "off": _("Off"),
        "of": _("of %(account)s"),
        "not read": _("not read yet"),
        "unknown": _("unknown"),
        "no status": _("Unknown"),
        "unreadable": _("unreadable"),
        "wrote": _("Ultahost wrote “%(told)s”"),
        "could not": _("Could not be read: %(words)s"),
        "private": _("Private"),
        "private title": _("Other members cannot see its invoices"),
        "limited": _("Rate limited %(until)s"),
        "more": _("and more accounts"),
        "paused": _("Paused: no working key"),
        "updated": _("Updated %(age)s"),
        "never": _("Not read yet"),
        "silent": _("Nothing is refreshed: the portal's worker does not run. Tell an admin."),
    }
)


def escaped(text: Any) -> str:
    """As Django's ``conditional_escape``, in a fifth of its time for what is no lazy text."""
    told = text if isinstance(text, str) else conditional_escape(text)
    return told if isinstance(told, SafeString) else html.escape(told)


def cut(text: Any) -> SafeString:
    """A text that a table would grow by takes three lines at most on a screen; the whole is in its title."""
    if isinstance(text, SafeString):
        return text
    if not isinstance(text, str):
        return SafeString(escaped(text)) if hasattr(text, "__html__") else cut(str(text))
    if len(text) <= _LONG:
        return SafeString(html.escape(text))
    return format_html('<span class="clamped" title="{}">{}</span>', text, text)


def link(url: str, text: object) -> SafeString:
    return SafeString(f'<a href="{escaped(url)}">{cut(text)}</a>')


def status(told: Any) -> SafeString:
    """The pill of a status: a word of Ultahost, or one of our choices, which has its own label."""
    return _status(told, get_language())


@lru_cache(maxsize=1000, typed=True)
def _status(told: Any, _language: str | None) -> SafeString:
    if not told:
        return quiet(_WORDS["no status"])
    word = label(told) if isinstance(told, Choices) else statuses.status_word(told)
    return pill(statuses.hue(told), word)


def isolated(text: object) -> SafeString:
    """A day or an amount in a sentence. It stays as it is where the sentence runs from right to left."""
    return format_html("<bdi>{}</bdi>", text)


@lru_cache(maxsize=1000, typed=True)
def pill(hue: str, word: str) -> SafeString:
    return format_html('<span class="status" data-hue="{}">{}</span>', hue, word)


def quiet(word: object) -> SafeString:
    return format_html('<span class="quiet">{}</span>', word)


def account(name: object) -> SafeString:
    return _account(str(name))


@lru_cache(maxsize=1000)
def _account(name: str) -> SafeString:
    return format_html('<span class="account" title="{}">{}</span>', name, name)


def risk(domain: Any) -> SafeString:
    """Why the domain is at risk; empty if its status says so."""
    mark = domain.risk and risks.risk_mark(domain.risk)
    return pill(risks.risk_hue(domain), mark) if mark else NOTHING


def risk_words(domain: Any) -> SafeString:
    """Why the domain is at risk, or why that is not known, in full."""
    return pill(risks.risk_hue(domain), risks.risk_words(domain)) if domain.risk else NOTHING


def first_date(domain: Any) -> str:
    """How far away the earlier of due date and expiry is; the day itself where no days are counted."""
    left = domain.days_left()
    if left is None:
        return on(domain.first_date)
    day = domain.first_date
    return format_html(
        '<time class="away" datetime="{}" title="{}">{}</time>',
        day.isoformat(), formats.day(day), formats.days_away(day),
    )  # fmt: skip


def button(told: Any) -> SafeString:
    """A small link button, as ``portal.queries.at_risk.Button`` describes it."""
    inside = "data-asks data-dialog" if told.confirms else "data-asks"
    how = SafeString('target="_blank" rel="noopener noreferrer"' if told.leads_out else inside)
    return format_html('<a class="btn small" href="{}" {}>{}</a>', told.url, how, told.label)


def renewal(domain: Any) -> str:
    if domain.auto_renew is None:
        return quiet(_WORDS["unknown" if domain.is_detailed else "not read"])
    return _WORDS["on"] if domain.auto_renew else pill(statuses.SOON, _WORDS["off"])


def on(value: date | None) -> str:
    """A day; its distance is in the title."""
    return formats.NOTHING if value is None else _on(value, conf.today(), get_language())


@lru_cache(maxsize=5000)
def _on(value: date, _today: date, _language: str | None) -> SafeString:
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        value.isoformat(), formats.days_away(value), formats.day(value),
    )  # fmt: skip


def when(value: datetime | None) -> str:
    """How long ago within a week, and the day beyond that; the exact time is in the title."""
    if value is None:
        return formats.NOTHING
    if abs(value - timezone.now()) < _AS_AGE:
        return age(value)
    return format_html(
        '<time datetime="{}" title="{}, {}">{}</time>',
        value.isoformat(), formats.moment(value), formats.age(value), formats.day(value),
    )  # fmt: skip


def age(value: datetime) -> SafeString:
    """How long ago, kept up to date in the browser; the exact time is in the title, and on paper."""
    return format_html(
        '<time datetime="{}" title="{}" data-time>{}</time>',
        value.isoformat(), formats.moment(value), formats.age(value),
    )  # fmt: skip


def or_unread(shown: Any, told: str | None) -> Any:
    """``shown``, or "unreadable" if Ultahost wrote ``told`` instead."""
    if told is None:
        return shown
    words = _WORDS["wrote"] % {"told": told}
    return format_html('<span class="unread" title="{}">{}</span>', words, _WORDS["unreadable"])


def readable(row: Any, name: str, shown: Any) -> Any:
    """``shown``, unless the field of this name could not be read."""
    return or_unread(shown, row.unreadable.get(name))


def amount(row: Any, name: str, currency: str) -> Any:
    return readable(row, name, formats.money(getattr(row, name), currency))


def date_of(row: Any, name: str) -> Any:
    return readable(row, name, on(getattr(row, name)))


def moment_of(row: Any, name: str) -> Any:
    return readable(row, name, when(getattr(row, name)))


def no_pick(why: str) -> SafeString:
    """Instead of the box that selects a row, where it cannot be selected."""
    told = escaped(why)
    return SafeString(f'<input type="checkbox" disabled title="{told}" aria-label="{told}">')


def pick(id_: object, form: str, words: str, added: str = "") -> SafeString:
    """The box that selects a row for the form of this id. ``added`` is what ``amount_to_add`` returns."""
    told = f'value="{escaped(id_)}" form="{form}" aria-label="{escaped(words)}"{added}'
    return SafeString(f'<input type="checkbox" name="row" {told}>')


def amount_to_add(amount: Decimal | None, currency: str) -> str:
    """Attributes of the box that selects a row: the bar below adds them up."""
    return "" if amount is None else f' data-amount="{amount:f}" data-currency="{escaped(currency)}"'


def unread_mark(row: Any) -> SafeString:
    """The mark beside the name of a row or record with unreadable fields."""
    if not row.unreadable:
        return NOTHING
    words = _WORDS["could not"] % {"words": fields.unread_words(row)}
    return format_html(
        ' <span class="unread" title="{}">{}<span class="visually-hidden">{}</span></span>',
        words, icon("micro", "exclamation-triangle", size=16, aria_hidden="true"), words,
    )  # fmt: skip


def private() -> SafeString:
    return format_html(
        '<span class="status" data-hue="info" title="{}">{}</span>',
        _WORDS["private title"],
        _WORDS["private"],
    )


def freshness(told: Any) -> SafeString:
    """When the copy was made, and why there is no newer one."""
    if told.state == "limited":
        return conditional_escape(_WORDS["limited"] % {"until": formats.until(told.limited_until)})
    why = ""
    if told.state == "failed":
        failed = [f"{one.account}: {label(Refresh.Trouble(one.trouble))} · " for one in told.failed[:3]]
        why = "".join(failed) + (f"{_WORDS['more']} · " if told.failed[3:] else "")
    elif told.state == "paused":
        why = f"{_WORDS['paused']} · "
    when = _WORDS["never"]
    if told.updated_at:
        when = SafeString(_WORDS["updated"] % {"age": age(told.updated_at)})
    if told.state == "silent":
        return format_html("{}. {}", when, _WORDS["silent"])
    return format_html("{}{}", why, when)


def updated(told: Any) -> str:
    """The same in a column of that name."""
    is_plain = told.updated_at and told.state not in ("limited", "failed", "paused", "silent")
    return age(told.updated_at) if is_plain else freshness(told)


def history(entries: Iterable[Any]) -> SafeString:
    """The entries in their order. The link is on the subject; without a subject it is on the text."""
    return format_html('<ol class="history">{}</ol>', joined(map(_entry, entries)))


def joined(drawn: Iterable[SafeString]) -> SafeString:
    return SafeString("".join(drawn))


def _entry(entry: Any) -> SafeString:
    text = cut(entry.text) if len(entry.text) > _VERY_LONG else entry.text
    subject = entry.subject or text
    told = link(entry.url, subject) if entry.url else conditional_escape(subject)
    if entry.subject:
        whose = _WORDS["of"] % {"account": entry.account} if entry.account else ""
        told = format_html("{}{}: {}", told, _who(whose), text)
    by = _who(f"· {entry.who}" if entry.who else "")
    state = status(entry.status) if entry.status else NOTHING
    return format_html("<li>{} <span>{}{}</span> {}</li>", when(entry.at), told, by, state)


def _who(words: str) -> SafeString:
    return format_html(' <span class="who">{}</span>', words) if words else NOTHING
