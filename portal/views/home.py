from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from portal import access, http
from portal.mail import sending
from portal.models import User
from portal.queries import history
from portal.queries.freshness import Freshness
from portal.sign_in import second_factor
from ultahost_api import conf
from ultahost_api.models import Noun
from ultahost_api.models.cached import CachedQuerySet
from ultahost_api.models.counting import counts
from ultahost_api.refresh import schedule

_SHOWN, _CHANGES_SHOWN = 6, 10


@require_safe
def home(request: http.Request) -> HttpResponse:
    """What needs attention, what is owed, and how fresh the data is."""
    accounts = access.accounts_to_view(request.user)
    with_invoices = access.accounts_with_invoices(request.user)
    schedule.watch(with_invoices)
    invoices = access.invoices_to_view(request.user)
    keys = access.keys_to_manage(request.user)
    context = {
        "totals": invoices.by_currency(),
        "partly_unreadable": _partly_unreadable(request.user),
        "year": conf.today().year,
        "overdue": invoices.overdue().order_by("due_date", "pk")[:_SHOWN],
        "due_next": invoices.open().filter(due_date__gte=conf.today()).order_by("due_date", "pk")[:_SHOWN],
        "at_risk": access.domains_to_view(request.user).at_risk()[:_SHOWN],
        "of_unknown_risk": access.domains_to_view(request.user).of_unknown_risk().count(),
        "suspended": access.services_to_view(request.user)
        .needing_attention()
        .order_by("product_name", "pk")[:_SHOWN],
        "changes": history.feed(access.events_to_view(request.user)[:_CHANGES_SHOWN]),
        "broken_keys": keys.needing_attention(),
        "half_way": keys.left_half_way(),
        "old_keys": keys.old().count(),
        "stopped": access.stopped_refreshes(request.user).order_by("account__name", "pk"),
        "accounts": with_invoices,
        "sees_services": accounts.exists(),
        "freshness": Freshness(Noun.INVOICES, with_invoices),
        "has_second_factor": second_factor.is_set_up(request.user),
        "mail_trouble": sending.trouble_for(request.user),
        "unreachable": sending.unreachable_for(request.user),
        "has_keys": keys.exists(),
    }
    return http.page(request, "home.html", context)


def _partly_unreadable(user: User) -> list[tuple[str, str, int]]:
    """Of each noun that has any: what it is called, where its list is, and how many rows; in one query."""
    rows: dict[Noun, CachedQuerySet[Any]] = {
        Noun.INVOICES: access.invoices_to_view(user),
        Noun.SERVICES: access.services_to_view(user),
        Noun.DOMAINS: access.domains_to_view(user),
        Noun.ORDERS: access.orders_to_view(user),
        Noun.QUOTES: access.quotes_to_view(user),
        Noun.EMAILS: access.emails_to_view(user),
    }
    odd = counts(**{noun.value: found.present().partly_unreadable() for noun, found in rows.items()})
    return [(str(noun.label), reverse(noun.value), odd[noun]) for noun in rows if odd[noun]]
