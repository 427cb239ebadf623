from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from portal import access, http
from portal.mail import sending
from portal.models import User
from portal.queries import history, totals
from portal.queries.first_steps import first_steps, is_offered
from portal.queries.freshness import Freshness
from portal.queries.needs import Needs
from portal.queries.prepared import counts_of_today
from portal.sign_in import second_factor
from portal.wording import coverage
from ultahost_api import conf
from ultahost_api.models import Event, Noun, Refresh
from ultahost_api.models.cached import CachedQuerySet
from ultahost_api.models.counting import counts
from ultahost_api.models.sorting import first_of, without_index
from ultahost_api.refresh import schedule

_SHOWN, _CHANGES_SHOWN = 8, 10
_AHEAD = timedelta(days=30)


@require_safe
def home(request: http.Request) -> HttpResponse:
    """What needs the person, what is owed, what is due, what changed, and how fresh the data is."""
    accounts = access.accounts_to_view(request.user)
    with_invoices = access.accounts_with_invoices(request.user)
    schedule.watch(with_invoices)
    invoices = access.invoices_to_view(request.user)
    today = conf.today()
    due = invoices.open().filter(due_date__range=(today, today + _AHEAD)).order_by("due_date", "pk")
    shows_put_off = request.GET.get("put-off") == "1"
    needs = Needs(request.user, put_off=shows_put_off, every=request.GET.get("needs") == "all")
    unreadable = access.kept_figures(request.user, "unreadable", lambda: counts(**_unreadable(request.user)))
    freshness = Freshness(Noun.INVOICES, with_invoices)
    context = {
        "steps": first_steps(request.user) if is_offered(request.user) else [],
        "needs": needs,
        "shows_put_off": shows_put_off,
        "tomorrow": (today + timedelta(days=1)).isoformat(),
        "next_week": (today + timedelta(days=7)).isoformat(),
        "covers": coverage.home(accounts, with_invoices),
        "totals": totals.of_invoices(request.user),
        "partly_unreadable": [
            (str(Noun(noun).label), reverse(noun), number) for noun, number in unreadable.items() if number
        ],
        "year": today.year,
        "due": access.kept_rows(request.user, "due", lambda: list(due[:_SHOWN])),
        "changes": history.feed(
            request.user, access.kept_rows(request.user, "changes", lambda: _changes(request.user))
        ),
        "stopped": _stopped(request.user),
        "accounts": with_invoices,
        "sees_services": accounts.exists(),
        "freshness": freshness,
        "lacks_worker": request.user.is_admin and freshness.lacks_worker,
        "has_second_factor": second_factor.is_set_up(request.user),
        "mail_trouble": sending.trouble_for(request.user),
        "unreachable": sending.unreachable_for(request.user),
    }
    return http.page(request, "home.html", context)


def _stopped(user: User) -> list[Refresh]:
    """They are counted first, since there are none on most days."""
    there = counts_of_today(user, _that_stopped).get("stopped")
    return list(access.stopped_refreshes(user).order_by("account__name", "pk")) if there else []


def _that_stopped(user: User) -> dict[str, QuerySet[Any]]:
    return {"stopped": access.stopped_refreshes(user)}


def _changes(user: User) -> list[Event]:
    events = access.events_to_view(user)
    if access.sees_most_accounts(user, access.accounts_with_invoices(user)):
        events = without_index(events, "account")
    return list(first_of(events, _CHANGES_SHOWN))


def _unreadable(user: User) -> dict[str, CachedQuerySet[Any]]:
    """Of each noun the rows of which a field could not be read."""
    return {
        noun.value: to_view(user).present().partly_unreadable()
        for noun, to_view in access.ROWS_TO_VIEW.items()
    }
