from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from portal import access, http
from portal.models import ServiceCommand
from portal.pages.columns import Column, Listing
from portal.pages.filters import CachedFilter
from portal.pages.tables import Sorts, Table, filled
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

LISTING = Listing(
    name="services",
    title=_("Services"),
    search=_("Search services"),
    before_key=_("A key to an Ultahost account brings its services here."),
    empty=_("There are no services in the accounts you can see."),
    sorts=SORTS,
    default_sort="due",
    shown=("domain", "status", "account", "cycle", "due", "amount"),
    columns=(
        Column("account", _("Account"), lambda s: s.account.name, "account-cell"),
        Column("product", _("Service"), lambda s: s.product_name),
        Column("domain", _("Domain"), lambda s: s.domain, "name", _("Service")),
        Column("status", _("Status"), lambda s: s.status, "state"),
        Column("amount", _("Amount"), lambda s: s.amount, "money"),
        Column("currency", _("Currency"), lambda s: s.account.currency),
        Column("cycle", _("Billing cycle"), lambda s: s.billing_cycle, "extra", _("Cycle")),
        Column("due", _("Next due"), lambda s: s.next_due_date, "date", _("Due")),
        Column("registered", _("Registered"), lambda s: s.registration_date),
        Column("remote_id", _("Number at Ultahost"), lambda s: s.remote_id),
        Column("unreadable", _("Could not be read"), fields.unread_words),
    ),
)


@require_safe
def services(request: http.Request) -> HttpResponse:
    table = _table(request)
    schedule.watch(table.accounts)
    return table.respond(cancelling=operations.pending_cancellations(table.page))


@require_safe
def services_csv(request: http.Request) -> HttpResponseBase:
    return _table(request).as_csv()


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


def _table(request: http.Request) -> Table:
    accounts = access.accounts_to_view(request.user)
    return Table(
        request,
        LISTING,
        access.services_to_view(request.user),
        accounts=accounts,
        filter=CachedFilter,
        freshness=Freshness(Noun.SERVICES, accounts),
    )
