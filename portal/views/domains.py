from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal import access, http
from portal.models import User
from portal.pages import exports
from portal.pages.filters import DomainFilter
from portal.pages.tables import ListPage, Sorts, filled
from portal.queries import history
from portal.queries.freshness import Freshness
from portal.queries.registrar_state import last_set, nameservers_of
from portal.wording import fields
from ultahost_api.models import Domain, Noun
from ultahost_api.refresh import schedule

SORTS: Sorts = {
    "name": [filled("name")],
    "account": ["account__name", filled("name")],
    "status": [filled("status"), "ends_on"],
    "expiry": ["ends_on"],
    "due": ["next_due_date"],
    "amount": ["recurring_amount"],
}


@require_safe
def domains(request: http.Request) -> HttpResponse:
    accounts = access.accounts_to_view(request.user)
    schedule.watch(accounts)
    return http.page(
        request,
        "domains/list.html",
        {"list": _listing(request, request.user), "freshness": Freshness(Noun.DOMAINS, accounts)},
        partials=["domains"],
    )


@require_safe
def domains_csv(request: http.Request) -> HttpResponseBase:
    return _listing(request, request.user).as_csv("domains.csv", _columns())


@require_safe
def domain(request: http.Request, domain_id: UUID) -> HttpResponse:
    domain = access.domain_to_view(request.user, domain_id)
    if not http.is_partial(request, "domain"):  # which is how the page asks whether they have come
        schedule.want_details(domain)
    operations = last_set(domain)
    context = {
        "domain": domain,
        "risk": Domain.objects.risk_of(domain),
        "last_set": operations,
        "nameservers": nameservers_of(operations.get("update_nameservers")),
        "history": history.history(request.user, domain),
        "may_operate": access.may_operate(request.user, domain),
    }
    return http.page(request, "domains/detail.html", context, partials=["domain"])


def _listing(request: http.Request, user: User) -> ListPage:
    return ListPage(
        request,
        access.domains_to_view(user).with_end().with_risk(),
        accounts=access.accounts_to_view(user),
        filter_class=DomainFilter,
        sorts=SORTS,
        default_sort="expiry",
    )


def _columns() -> list[exports.Column]:
    return [
        (_("Account"), lambda d: d.account.name),
        (_("Domain"), str),
        (_("Status"), lambda d: d.status),
        (_("Expires"), lambda d: d.expiry_date),
        (_("Next due"), lambda d: d.next_due_date),
        (_("Auto-renew"), lambda d: {True: _("on"), False: _("off"), None: ""}[d.auto_renew]),
        (_("Renewal amount"), lambda d: d.recurring_amount),
        (_("Currency"), lambda d: d.account.currency),
        (_("Years"), lambda d: d.registration_period),
        (_("Registered"), lambda d: d.registration_date),
        (_("Registrar"), lambda d: d.registrar),
        (_("Number at Ultahost"), lambda d: d.remote_id),
        (_("Could not be read"), fields.unread_words),
    ]
