from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from portal import access, http
from portal.models import User
from portal.queries.freshness import Freshness
from ultahost_api.models import LISTS, Noun
from ultahost_api.models.accounts import AccountQuerySet
from ultahost_api.refresh import schedule


@require_safe
def freshness(request: http.Request, noun: str) -> HttpResponse:
    """The region that shows how old a list is. A visible page requests it repeatedly."""
    schedule.watch(_accounts(request.user, noun))
    return _region(request, noun)


@require_POST
def refresh(request: http.Request, noun: str) -> HttpResponse:
    accounts = _accounts(request.user, noun)
    schedule.ask(accounts, [noun])
    if request.htmx:
        return _region(request, noun)
    messages.success(request, _("Refreshing. This page will update in a moment."))
    return http.SeeOther(http.back(request, reverse(noun)))


@require_POST
def refresh_all(request: http.Request) -> HttpResponse:
    for noun in LISTS:
        schedule.ask(_accounts(request.user, noun), [noun])
    messages.success(request, _("Refreshing everything you can see."))
    return http.SeeOther(http.back(request, reverse("home")))


def _region(request: http.Request, noun: str) -> HttpResponse:
    region = Freshness(noun, _accounts(request.user, noun))
    response = http.page(request, "components/freshness_region.html", {"freshness": region})
    if request.GET.get("token", region.token) != region.token:
        http.announce(response, f"{noun}-refreshed")
    return response


def _accounts(user: User, noun: str) -> AccountQuerySet:
    if noun not in LISTS:
        raise Http404
    return access.accounts_with_invoices(user) if noun == Noun.INVOICES else access.accounts_to_view(user)
