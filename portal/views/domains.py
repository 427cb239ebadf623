from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_safe

from portal import access, audit, http
from portal.forms.domains import NameserversForm
from portal.live_reads import reading
from portal.mail.outbox import shown_code
from portal.models import Act, User
from portal.operations import acting_key
from portal.operations.form import WriteForm
from portal.operations.page import WritePage
from portal.pages import cells, labels, last_set_columns, parts
from portal.pages.columns import ACCOUNT, CURRENCY, REMOTE_ID, UNREADABLE, Column, Listing
from portal.pages.filters import DomainFilter
from portal.pages.tables import Table
from portal.queries import history, offers, related
from portal.queries.at_risk import Button, Remedies
from portal.queries.freshness import Freshness
from portal.queries.registrar_state import add_last_set, last_set
from portal.sign_in.reauthentication import can_be_asked_first, reauthenticated_for
from portal.wording import fields
from portal.wording.operations import nameservers_of
from portal.wording.risks import risk_words
from ultahost_api.client import writes
from ultahost_api.models import Domain, Noun
from ultahost_api.models.sorting import Filled
from ultahost_api.refresh import schedule


def _auto_renew(domain: Domain) -> object:
    return {True: _("on"), False: _("off"), None: ""}[domain.auto_renew]


def _state(domain: Any, _about: Mapping[str, Any]) -> str:
    """One pill a row: why an active domain is at risk says more than that it is active."""
    mark = parts.risk(domain)
    says_it_all = mark and domain.is_at_risk and domain.status == "Active"
    return mark if says_it_all else parts.status(domain.status) + mark


def _end(domain: Any, _about: Mapping[str, Any]) -> Any:
    return parts.or_unread(parts.on(domain.ends_on), domain.end_unread)


def _why(domain: Any, _about: Mapping[str, Any]) -> str:
    return parts.risk_words(domain)


def _act(domain: Any, about: Mapping[str, Any]) -> str:
    return parts.button(about["remedies"].button(domain))


def _soon(domain: Any) -> str:
    return "soon" if domain.is_at_risk else ""


LISTING = Listing(
    name="domains",
    title=_("Domains"),
    search=_("Search domains"),
    before_key=_("Add an API key to see your domains."),
    empty=_("There are no domains in the accounts you can see."),
    body="labels/_rows.html",
    sorts={
        "risk": ["first_date", Filled("name")],
        "name": [Filled("name")],
        "account": [Filled("account__name"), Filled("name")],
        "status": [Filled("status"), "ends_on"],
        "expiry": ["ends_on"],
        "due": ["next_due_date"],
        "amount": ["recurring_amount"],
    },
    default_sort="expiry",
    shown=("name", "status", "account", "renew", "expiry", "due", "amount"),
    columns=(
        ACCOUNT,
        Column("name", _("Domain"), str, "name", cell=cells.name("domain", "pk")),
        Column("status", _("Status"), lambda d: d.status, "state", cell=_state),
        Column("expiry", _("Expires"), lambda d: d.expiry_date, "date", cell=_end, mark=_soon),
        Column(
            "due", _("Next due"), lambda d: d.next_due_date, "extra", _("Due"), cells.day("next_due_date")
        ),
        Column("renew", _("Auto-renew"), _auto_renew, "extra", cell=lambda d, _about: parts.renewal(d)),
        Column(
            "amount",
            _("Renewal amount"),
            lambda d: d.recurring_amount,
            "money",
            _("Renewal"),
            cells.amount("recurring_amount"),
        ),
        CURRENCY,
        Column("years", _("Years"), lambda d: d.registration_period),
        Column("registered", _("Registered"), lambda d: d.registration_date),
        Column("registrar", _("Registrar"), lambda d: d.registrar),
        REMOTE_ID,
        Column("why", _("At risk"), risk_words, "state why", _("Why"), _why),
        Column(
            "risk",
            _("Earlier date"),
            lambda d: d.first_date,
            "date",
            _("When"),
            lambda d, _about: parts.or_unread(parts.first_date(d), d.end_unread),
        ),
        Column("act", _("What helps"), css_class="acts-cell below", cell=_act),
        UNREADABLE,
        *last_set_columns.COLUMNS,
        *labels.COLUMNS,
    ),
)
AT_RISK = replace(
    LISTING,
    default_sort="risk",
    shown=("name", "why", "account", "risk", "amount", "act"),
    always=("why", "risk", "act"),
    no_match=_("No domain is at risk here."),
)
RISK_UNKNOWN = replace(AT_RISK, no_match=_("Whether a domain is at risk is known of each of these."))
LISTINGS = {"at-risk": AT_RISK, "unknown": RISK_UNKNOWN}


@require_safe
def domains(request: http.Request) -> HttpResponse:
    table = _table(request)
    schedule.watch(table.accounts)
    remedies = _remedies(request.user, table)
    if any(column.name in table.shown for column in last_set_columns.COLUMNS):
        add_last_set([*table.page])
    return table.respond(remedies=remedies, **labels.labelling(request.user, table))


@require_safe
def domains_csv(request: http.Request) -> HttpResponseBase:
    return _table(request).as_csv(prepare=add_last_set)


@require_safe
def domain(request: http.Request, domain_id: UUID) -> HttpResponse:
    domain = access.domain_to_view(request.user, domain_id)
    if not http.is_partial(request, "domain"):  # a partial request polls whether they have been read
        schedule.want_details(domain)
    _assess(request.user, domain)
    operations = last_set(domain)
    context = {
        "domain": domain,
        "last_set": operations,
        "nameservers": nameservers_of(operations.get("update_nameservers")),
        "related": related.of_domain(request.user, domain),
        "history": history.history(request.user, domain),
        "reads_besides": access.reads_besides(request.user, domain.account),
        "offers": offers.of_domain(domain, operations),
        "remedy": _remedy(request.user, domain),
        "may_operate": access.may_operate(request.user, domain),
        "label_url": labels.url(request.user, domain),
    }
    return http.page(request, "domains/detail.html", context, partials=["domain"])


def _remedies(user: User, table: Table) -> Remedies | None:
    """What the column of acts needs, if the list shows it."""
    return Remedies(user, [row.renewal_invoice for row in table.page]) if "act" in table.shown else None


def _assess(user: User, domain: Domain) -> None:
    """A page that polls asks again and again. To build the statement takes longer than to run it."""
    key = "assessed", domain.pk
    found = access.kept_figures(user, key, lambda: Domain.objects.assessed(domain))
    for name, value in found._asdict().items():
        setattr(domain, name, value)


def _remedy(user: User, domain: Domain) -> Button | None:
    """What helps a domain at risk, unless that is its page."""
    if not domain.risk:
        return None
    button = Remedies(user, [domain.renewal_invoice]).button(domain)
    return button if button.url != _page_of(domain) else None


def _table(request: http.Request) -> Table:
    accounts = access.accounts_to_view(request.user)
    return Table(
        request,
        LISTINGS.get(request.GET.get("view", ""), LISTING),
        access.assessed_domains_to_view(request.user),
        accounts=accounts,
        filter=DomainFilter,
        labels=access.labels_to_see(request.user),
        freshness=Freshness(Noun.DOMAINS, accounts),
    )


@can_be_asked_first
def set_nameservers(request: http.Request, domain_id: UUID) -> HttpResponse:
    domain = access.domain_to_operate(request.user, domain_id)
    now = nameservers_of(last_set(domain).get("update_nameservers"))
    writing = WritePage(
        request,
        domain.account,
        writes.UpdateNameservers,
        title=gettext("Set the nameservers of %(domain)s") % {"domain": domain},
        text=gettext(
            "This replaces all current nameservers. The current ones are not available from Ultahost."
        ),
        facts=[(gettext("Domain"), domain)],
        warning=gettext("Wrong nameservers take the website and e-mail of the domain offline."),
        verb=gettext("Set the nameservers"),
        back=_page_of(domain),
    )
    return writing.respond(
        NameserversForm,
        lambda form: writes.UpdateNameservers(domain.remote_id, form.nameservers),
        initial={f"ns{number}": name for number, name in enumerate(now, 1)},
    )


@can_be_asked_first
def set_lock(request: http.Request, domain_id: UUID, lockstatus: str) -> HttpResponse:
    domain = access.domain_to_operate(request.user, domain_id)
    if lockstatus == "locked":
        return _lock(request, domain)
    if lockstatus == "unlocked":
        return _unlock(request, domain)
    raise Http404


@can_be_asked_first
def set_auto_renew(request: http.Request, domain_id: UUID, switch: str) -> HttpResponse:
    domain = access.domain_to_operate(request.user, domain_id)
    if switch not in {"on", "off"}:
        raise Http404
    on = switch == "on"
    amount = fields.money(domain, "recurring_amount", domain.account.currency)
    title = (
        gettext("Turn auto-renew of %(domain)s on?") if on else gettext("Turn auto-renew of %(domain)s off?")
    )
    writing = WritePage(
        request,
        domain.account,
        writes.SetAutoRenew,
        title=title % {"domain": domain},
        text=gettext("Ultahost creates an invoice before the domain is due. You still need to pay it.")
        if on
        else "",
        facts=[
            (gettext("Domain"), domain),
            (gettext("Renewal"), amount),
            (gettext("Due"), fields.day(domain, "next_due_date")),
        ],
        warning=""
        if on
        else gettext("Ultahost creates no more renewal invoices. You lose the domain when it expires."),
        verb=gettext("Turn on") if on else gettext("Turn off"),
        back=_page_of(domain),
        asks_again=not on,
    )
    return writing.respond(WriteForm, lambda form: writes.SetAutoRenew(domain.remote_id, on))


@sensitive_variables()
@reauthenticated_for("domain", access.domain_to_operate, _("Read the EPP code of %(domain)s"))
def epp_code(request: http.Request, domain: Domain) -> HttpResponse:
    """Reads the EPP code, only on a POST, and shows it only on this page. It is not stored."""
    key = access.key_to_write_with(request.user, domain.account)
    context: dict[str, object] = {"domain": domain, "whose": acting_key.whose(request.user, key)}
    if request.method != "POST":
        return http.page(request, "domains/epp_code.html", context)
    told = reading.read(domain.account, lambda client: client.domains.get_epp_code(domain.remote_id), key=key)
    if told.failure:
        raise told.failure
    if told.is_there:
        audit.record(request, Act.EPP_SHOWN, domain, account=domain.account)
        shown_code(domain, request.user)
    return http.page(
        request, "domains/epp_code.html", context | {"told": told}, status=200 if told.is_there else 422
    )


def _lock(request: http.Request, domain: Domain) -> HttpResponse:
    writing = WritePage(
        request,
        domain.account,
        writes.SetLock,
        title=gettext("Lock %(domain)s?") % {"domain": domain},
        text=gettext("The registrar then refuses to transfer the domain away."),
        facts=[(gettext("Domain"), domain)],
        verb=gettext("Lock"),
        back=_page_of(domain),
    )
    return writing.respond(WriteForm, lambda form: writes.SetLock(domain.remote_id, True))


def _unlock(request: http.Request, domain: Domain) -> HttpResponse:
    writing = WritePage(
        request,
        domain.account,
        writes.SetLock,
        title=gettext("Unlock %(domain)s?") % {"domain": domain},
        text=gettext(
            "Unlock it only to move it to another registrar. Lock it again if the transfer doesn't go ahead."
        ),
        facts=[(gettext("Domain"), domain)],
        warning=gettext("While it is unlocked, a person who has its EPP code can transfer the domain."),
        verb=gettext("Unlock"),
        back=_page_of(domain),
        asks_again=True,
    )
    return writing.respond(WriteForm, lambda form: writes.SetLock(domain.remote_id, False))


def _page_of(domain: Domain) -> str:
    return reverse("domain", args=[domain.pk])
