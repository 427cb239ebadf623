"""The calendar feed: its person makes and revokes it, a calendar reads it without a login."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_safe

from portal import access, http
from portal.acts import feeds as acts
from portal.forms.feeds import FeedForm
from portal.models import CalendarFeed
from portal.pages import agenda as drawn
from portal.pages.confirmation import Confirmation
from portal.queries.agenda import Agenda
from portal.queries.agenda_days import Span
from portal.sign_in.allauth_internals import ratelimit
from portal.sign_in.reauthentication import reauthenticated, typed_before
from portal.views.shared import unlisted
from portal.wording import preferences
from portal.wording.agenda import Kind
from ultahost_api import conf
from ultahost_api.models import Account

_YEAR = timedelta(days=366)
_AHEAD = 3  # months in which renewals are expected: a calendar is no plan of a year
MOST, PER_DAY = 2000, 50  # entries


@require_safe
def feed(request: http.Request) -> HttpResponse:
    found = access.feed_of(request.user)
    kinds = [Kind(kind).label for kind in found.kinds] if found else []
    return http.page(request, "feeds/detail.html", {"feed": found, "kinds": kinds})


@reauthenticated(*FeedForm.base_fields, purpose=gettext_lazy("Make a calendar link"))
def make_feed(request: http.Request) -> HttpResponse:
    form = FeedForm(http.posted(request), person=request.user, initial=_initial(request))
    if form.is_valid():
        address = acts.make(request.user, form.cleaned_data["kinds"])
        accounts = access.accounts_with_invoices(request.user)
        alone = [(one, f"{address}?account={one.pk}") for one in accounts] if len(accounts) > 1 else []
        return http.page(request, "feeds/made.html", {"address": address, "alone": alone})
    has_feed = access.feed_of(request.user) is not None
    return http.form_page(request, "feeds/make.html", form, {"has_feed": has_feed})


@reauthenticated(purpose=gettext_lazy("Revoke your calendar link?"))
def revoke_feed(request: http.Request) -> HttpResponse:
    found, page = access.feed_of(request.user), reverse("feed")
    if found is None:
        return http.SeeOther(page)
    if request.method == "POST":
        acts.revoke(request.user, request.user)
        messages.success(request, _("Calendar link revoked."))
        return http.SeeOther(page)
    return Confirmation(
        title=_("Revoke your calendar link?"),
        text=_("Calendars that use it stop being updated immediately. This cannot be undone."),
        verb=_("Revoke the link"),
        back=page,
        danger=True,
    ).page(request)


@sensitive_variables()
@unlisted
def calendar(request: HttpRequest, secret: str) -> HttpResponse:
    """What the person of the feed may see at this moment, in their language; ``?account=`` of one account."""
    if not ratelimit.consume(request, app="allauth.account", action="calendar_feed", limit_get=True):
        return _refused(429)
    found = access.feed_opened_by(secret)
    if found is None:
        return _refused(404)
    with access.known_rights(found.person), preferences.worn(found.person):
        wanted = request.GET.get("account", "")
        account = next(
            (one for one in access.accounts_with_invoices(found.person) if str(one.pk) == wanted), None
        )
        if wanted and account is None:
            return _refused(404)
        content = _written(found, account)
    found.note_read()
    return HttpResponse(content, content_type="text/calendar; charset=utf-8", headers=_AS_FILE)


_AS_FILE = {"Content-Disposition": 'inline; filename="agenda.ics"'}


def _refused(status: int) -> HttpResponse:
    """Not logged as other errors are, with the address that holds the secret."""
    headers = {"Retry-After": "60"} if status == 429 else {}
    refused: Any = HttpResponse(status=status, content_type="text/plain; charset=utf-8", headers=headers)
    refused._has_been_logged = True
    return refused


def _written(feed: CalendarFeed, account: Account | None) -> bytes:
    from portal.pages import calendar_files  # icalendar takes 3 MB, and most processes write no feed

    today = conf.today()
    kinds = [Kind(kind) for kind in feed.kinds if kind in Kind.values]
    agenda = Agenda(
        feed.person, Span(today - _YEAR, today + _YEAR), kinds=kinds, account=account, ahead=_AHEAD
    )
    entries = agenda.entries([day.day for day in agenda.days], PER_DAY)
    nearest = sorted(entries, key=lambda entry: abs(entry.day - today))[:MOST]
    in_order = sorted(nearest, key=lambda entry: entry.day)
    addressed = [(entry, f"{settings.PORTAL_URL}{drawn.url(entry)}") for entry in in_order]
    name = str(account) if account else _("Team portal: agenda")
    return calendar_files.written(name, addressed)


def _initial(request: http.Request) -> dict[str, Any]:
    typed = typed_before(request)
    kinds = typed.get("kinds")
    return {"kinds": [kinds] if isinstance(kinds, str) else kinds} if kinds else {}
