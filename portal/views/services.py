from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal import access, http
from portal.models import ServiceCommand, User
from portal.pages import exports
from portal.pages.filters import CachedFilter
from portal.pages.tables import ListPage, Sorts, filled
from portal.queries import history
from portal.queries.freshness import Freshness
from portal.wording import fields
from ultahost_api import operations
from ultahost_api.models import Noun
from ultahost_api.refresh import schedule

SORTS: Sorts = {
    "domain": [filled("domain"), filled("product_name")],
    "account": ["account__name", filled("product_name")],
    "status": [filled("status"), "next_due_date"],
    "due": ["next_due_date"],
    "amount": ["amount"],
}


@require_safe
def services(request: http.Request) -> HttpResponse:
    accounts = access.accounts_to_view(request.user)
    schedule.watch(accounts)
    listing = _listing(request, request.user)
    context = {
        "list": listing,
        "cancelling": operations.pending_cancellations(listing.page),
        "freshness": Freshness(Noun.SERVICES, accounts),
    }
    return http.page(request, "services/list.html", context, partials=["services"])


@require_safe
def services_csv(request: http.Request) -> HttpResponseBase:
    return _listing(request, request.user).as_csv("services.csv", _columns())


@require_safe
def service(request: http.Request, service_id: UUID) -> HttpResponse:
    service = access.service_to_view(request.user, service_id)
    if not http.is_partial(request, "service"):  # which is how the page asks whether they have come
        schedule.want_details(service)
    context = {
        "service": service,
        "cancellation": operations.pending_cancellation(service),
        "commands": ServiceCommand.objects.all(),
        "history": history.history(request.user, service),
        "may_operate": access.may_operate(request.user, service),
    }
    return http.page(request, "services/detail.html", context, partials=["service"])


def _listing(request: http.Request, user: User) -> ListPage:
    return ListPage(
        request,
        access.services_to_view(user),
        accounts=access.accounts_to_view(user),
        filter_class=CachedFilter,
        sorts=SORTS,
        default_sort="due",
    )


def _columns() -> list[exports.Column]:
    return [
        (_("Account"), lambda s: s.account.name),
        (_("Service"), lambda s: s.product_name),
        (_("Domain"), lambda s: s.domain),
        (_("Status"), lambda s: s.status),
        (_("Amount"), lambda s: s.amount),
        (_("Currency"), lambda s: s.account.currency),
        (_("Billing cycle"), lambda s: s.billing_cycle),
        (_("Next due"), lambda s: s.next_due_date),
        (_("Registered"), lambda s: s.registration_date),
        (_("Number at Ultahost"), lambda s: s.remote_id),
        (_("Could not be read"), fields.unread_words),
    ]
