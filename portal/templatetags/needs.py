"""The lines of "What needs you" on Home, drawn in Python: in a template they were a third of it."""

from collections.abc import Iterable
from typing import NamedTuple

from django import template
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from portal.models import User
from portal.pages import parts
from portal.pages.icons import icon
from portal.pages.parts import escaped
from portal.queries.at_risk import Button
from portal.queries.entries import Entry
from portal.templatetags.asks import asks
from portal.wording import formats
from portal.wording.links import href
from portal.wording.statuses import BAD, SOON
from portal.wording.translated import Translated

register = template.Library()

_WORDS = Translated(
    {
        "urgent": _("Urgent"),
        "soon": _("Soon"),
        "later": _("When there is time"),
        "mine": _("You do it"),
        "taken": _("%(taker)s does it"),
        "more": _("More: %(title)s"),
        "take": _("I do it"),
        "leave": _("I no longer do it"),
        "until": _("Not before"),
        "put off": _("Put off"),
        "bring back": _("Bring it back"),
    }
)
_URGENCY = {BAD: "urgent", SOON: "soon"}


class _Page(NamedTuple):
    """What all lines share."""

    user: User
    token: SafeString  # the hidden input of a form
    shows_put_off: bool
    tomorrow: str  # YYYY-MM-DD
    next_week: str


@register.simple_tag(takes_context=True)
def need_lines(context: Context, lines: Iterable[tuple[Entry, User | None]]) -> SafeString:
    """Each entry with the person who does it. Reads also ``user``, ``csrf_token`` and what ``_Page`` has."""
    page = _Page(
        context["user"],
        format_html('<input type="hidden" name="csrfmiddlewaretoken" value="{}">', context["csrf_token"]),
        context["shows_put_off"],
        context["tomorrow"],
        context["next_week"],
    )
    drawn = (_line(entry, taker, page, is_first=n == 0) for n, (entry, taker) in enumerate(lines))
    return SafeString("\n".join(drawn))


def _line(entry: Entry, taker: User | None, page: _Page, *, is_first: bool) -> str:
    place = f"{entry.kind}-{entry.subject}"
    title = escaped(entry.title)
    account = parts.account(entry.account) if entry.account else ""
    day = f" <small>{escaped(formats.day(entry.on))}</small>" if entry.on else ""
    return f"""<li class="need" id="need-{place}">
  {_urgency(entry.hue)}
  <div class="what">
    <a href="{escaped(entry.url)}">{parts.cut(entry.title)}</a>
    <small>{parts.cut(entry.why)}</small>
    {_doer(taker, page.user)}
  </div>
  <div class="whose">{account}</div>
  <div class="when">{escaped(entry.when)}{day}</div>
  <div class="do">
    {_button(entry.button, title, "btn primary" if is_first else "btn")}
    <details class="menu" data-menu>
      <summary class="btn square plain" aria-label="{_WORDS["more"] % {"title": title}}">{_DOTS}</summary>
      <div class="sheet">
        {_take(entry, page, is_mine=taker == page.user)}
        {_put_off(entry, page, f"until-{place}")}
      </div>
    </details>
  </div>
</li>"""


_DOTS = icon("mini", "ellipsis-horizontal", size=18)


def _urgency(hue: str) -> str:
    word = _WORDS[_URGENCY.get(hue, "later")]
    return f'<span class="status" data-hue="{hue}"><span class="visually-hidden">{word}</span></span>'


def _doer(taker: User | None, user: User) -> str:
    if not taker:
        return ""
    words = _WORDS["mine"] if taker == user else _WORDS["taken"] % {"taker": escaped(str(taker))}
    return f'<small class="taker">{words}</small>'


def _button(told: Button, title: str, look: str) -> str:
    how = ' target="_blank" rel="noopener noreferrer"'
    if not told.leads_out:
        how = f" {asks(told.url)}{' data-dialog' if told.confirms else ''}"
    inside = f'{escaped(told.label)}<span class="visually-hidden">: {title}</span>'
    return f'<a class="{look}" href="{escaped(told.url)}"{how}>{inside}</a>'


def _take(entry: Entry, page: _Page, *, is_mine: bool) -> str:
    switch, word = ("off", "leave") if is_mine else ("on", "take")
    url = href("take_need", entry.kind.value, entry.subject, switch)
    hand = icon("outline", "hand-raised", size=20)
    return f"""<form method="post" action="{url}">
          {page.token}
          <button class="entry">{hand}{_WORDS[word]}</button>
        </form>"""


def _put_off(entry: Entry, page: _Page, id_: str) -> str:
    day = f"""<label for="{id_}">{_WORDS["until"]}</label>
          <input type="date" name="until" id="{id_}" required min="{page.tomorrow}" value="{page.next_week}">
          <button class="btn">{_WORDS["put off"]}</button>"""
    if page.shows_put_off:
        arrow = icon("outline", "arrow-uturn-left", size=20)
        day = f'<button class="entry">{arrow}{_WORDS["bring back"]}</button>'
    url = href("put_off_need", entry.kind.value, entry.subject)
    return f"""<form class="put-off" method="post" action="{url}">
          {page.token}
          {day}
        </form>"""
