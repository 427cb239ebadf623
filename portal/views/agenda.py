"""What falls due: the next 90 days or a month, as a list by days or as a month."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from portal import access, http
from portal.models import User
from portal.pages import agenda as drawn
from portal.pages.months import MonthPicker
from portal.pages.named_periods import month_named
from portal.pages.periods import month_after
from portal.queries import attention
from portal.queries.agenda import Agenda
from portal.queries.agenda_days import Day, Span
from portal.queries.forecast import undated_of
from portal.wording import agenda as words
from portal.wording.agenda import Kind
from portal.wording.spend import undated
from ultahost_api import conf
from ultahost_api.models import Account
from ultahost_api.models.invoice_statuses import ASKED_FOR

AHEAD = 90  # days
_MONTHS_AHEAD = 12
PER_DAY, PER_PAGE, PER_CELL = 25, 100, 3  # entries
WHOLE_PER_DAY, WHOLE = 500, 2000  # on the page that is printed


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the address asks for; anything else in it is ignored."""

    shows_month: bool
    month: date | None  # its first day; None for the next days
    kind: Kind | None
    account: Account | None
    since: date | None  # the first day of a further page
    is_whole: bool  # all days on one page, to read or print them

    @property
    def of_account(self) -> dict[str, str]:
        return {"account": str(self.account.pk)} if self.account else {}

    def url(self, **changes: Any) -> str:
        told = {
            "view": "month" if self.shows_month else "",
            "month": f"{self.month:%Y-%m}" if self.month else "",
            "kind": self.kind or "",
            "account": self.account.pk if self.account else "",
        } | changes
        query = urlencode({name: value for name, value in told.items() if value})
        return reverse("agenda") + (f"?{query}" if query else "")


@require_safe
def agenda(request: http.Request) -> HttpResponse:
    accounts = access.accounts_with_invoices(request.user)
    asked = _asked(request, accounts)
    found = Agenda(
        request.user, _span(asked), kinds=[asked.kind] if asked.kind else (), account=asked.account
    )
    context = {
        "asked": asked,
        "is_printed": request.GET.get("print") == "1",
        "accounts": accounts,
        "sums": found.sums,
        "chips": [
            (Kind(kind).label, count, kind == asked.kind, asked.url(kind=kind))
            for kind, count in found.counts.items()
        ],
        "every_kind": (sum(found.counts.values()), asked.url(kind="")),
        "overdue": attention.counted(request.user).get("invoices", 0),
        "last": found.span.before - timedelta(days=1),
        "undated": _undated(request.user, asked),
        "days_url": asked.url(view="", month=""),
        "list_url": asked.url(view=""),
        "month_url": asked.url(view="month", month=f"{asked.month or conf.today():%Y-%m}"),
        **_shown(asked, found),
    }
    if asked.month:
        today, address = conf.today(), lambda month: asked.url(month=month)
        context["picker"] = MonthPicker(asked.month, today, month_after(today, _MONTHS_AHEAD), address)
    return http.page(request, "agenda/page.html", context)


def _undated(user: User, asked: _Asked) -> list[tuple[str, str]]:
    """Sentences about what is on no day, each with the list of it."""
    counts = undated_of(user, asked.account)
    told = undated(counts, asked.of_account)
    if invoices := counts["invoices"]:
        query = urlencode({"status": ASKED_FOR, "due": "none", **asked.of_account})
        told.insert(0, (words.undated_invoices(invoices), f"{reverse('invoices')}?{query}"))
    return told


def _shown(asked: _Asked, found: Agenda) -> dict[str, Any]:
    if asked.shows_month and asked.month:
        entries = found.first_entries([day.day for day in found.days], PER_CELL)
        weeks = drawn.month(asked.month, found.days, entries, asked.url(view="", whole="1"))
        return {"weeks": weeks, "weekdays": drawn.weekdays()}
    per_day, per_page = (WHOLE_PER_DAY, WHOLE) if asked.is_whole else (PER_DAY, PER_PAGE)
    every = [day for day in found.days if not asked.since or day.day >= asked.since]
    days, rest = _page(every, per_day, per_page)
    entries = found.first_entries([day.day for day in days], per_day)
    is_cut = bool(rest) or asked.since or any(day.count > per_day for day in days)
    address = "" if asked.is_whole else asked.url(whole="1")
    return {
        "days": drawn.listed(days, entries, address),
        "more_url": asked.url(**{"from": rest[0].day, "whole": "1" if asked.is_whole else ""})
        if rest
        else "",
        "first_url": asked.url() if asked.since else "",
        "whole_url": address if is_cut else "",
    }


def _page(days: Sequence[Day], per_day: int, most: int) -> tuple[Sequence[Day], Sequence[Day]]:
    """The days that fit on a page, at least one, and those that do not."""
    rows = 0
    for place, day in enumerate(days):
        rows += min(day.count, per_day)
        if place and rows > most:
            return days[:place], days[place:]
    return days, []


def _span(asked: _Asked) -> Span:
    if asked.month:
        return Span(asked.month, month_after(asked.month, 1))
    today = conf.today()
    return Span(today, today + timedelta(days=AHEAD + 1))


def _asked(request: http.Request, accounts: Iterable[Account]) -> _Asked:
    told = request.GET
    shows_month = told.get("view") == "month"
    month = month_named(told.get("month", ""))
    kind, account = told.get("kind", ""), told.get("account", "")
    chosen = next((one for one in accounts if str(one.pk) == account), None)
    if account and not chosen:
        raise Http404
    return _Asked(
        shows_month=shows_month,
        month=month or (conf.today().replace(day=1) if shows_month else None),
        kind=Kind(kind) if kind in Kind.values else None,
        account=chosen,
        since=_day(told.get("from", "")),
        is_whole=told.get("whole") == "1",
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
