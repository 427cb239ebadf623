from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from portal import access, http
from portal.pages.columns import Column, Listing
from portal.pages.filters import DomainFilter
from portal.pages.tables import Sorts, Table, filled
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


def _auto_renew(domain: Domain) -> object:
    return {True: _("on"), False: _("off"), None: ""}[domain.auto_renew]


LISTING = Listing(
    name="domains",
    title=_("Domains"),
    search=_("Search domains"),
    before_key=_("A key to an Ultahost account brings its domains here."),
    empty=_("There are no domains in the accounts you can see."),
    sorts=SORTS,
    default_sort="expiry",
    shown=("name", "status", "account", "renew", "expiry", "due", "amount"),
    columns=(
        Column("account", _("Account"), lambda d: d.account.name, "account-cell"),
        Column("name", _("Domain"), str, "name"),
        Column("status", _("Status"), lambda d: d.status, "state"),
        Column("expiry", _("Expires"), lambda d: d.expiry_date, "date"),
        Column("due", _("Next due"), lambda d: d.next_due_date, "extra", _("Due")),
        Column("renew", _("Auto-renew"), _auto_renew, "extra"),
        Column("amount", _("Renewal amount"), lambda d: d.recurring_amount, "money", _("Renewal")),
        Column("currency", _("Currency"), lambda d: d.account.currency),
        Column("years", _("Years"), lambda d: d.registration_period),
        Column("registered", _("Registered"), lambda d: d.registration_date),
        Column("registrar", _("Registrar"), lambda d: d.registrar),
        Column("remote_id", _("Number at Ultahost"), lambda d: d.remote_id),
        Column("unreadable", _("Could not be read"), fields.unread_words),
    ),
)


@require_safe
def domains(request: http.Request) -> HttpResponse:
    table = _table(request)
    schedule.watch(table.accounts)
    return table.respond()


@require_safe
def domains_csv(request: http.Request) -> HttpResponseBase:
    return _table(request).as_csv()


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


def _table(request: http.Request) -> Table:
    accounts = access.accounts_to_view(request.user)
    return Table(
        request,
        LISTING,
        access.domains_to_view(request.user).with_end().with_risk(),
        accounts=accounts,
        filter=DomainFilter,
        freshness=Freshness(Noun.DOMAINS, accounts),
    )
