from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from portal import access, http
from portal.acts import operations as acts
from portal.forms.services import CancellationForm, PasswordForm, UpgradeForm
from portal.models import ServiceCommand, User
from portal.operations.form import WriteForm
from portal.operations.page import WritePage
from portal.pages import cells, labels, parts
from portal.pages.columns import ACCOUNT, CURRENCY, REMOTE_ID, UNREADABLE, Column, Listing
from portal.pages.filters import LabelledFilter
from portal.pages.tables import Table
from portal.queries import history, offers, related
from portal.queries.freshness import Freshness
from portal.sign_in.reauthentication import can_be_asked_first
from portal.wording import fields
from portal.wording.cycles import cycle_word
from ultahost_api import conf, operations
from ultahost_api.client import writes
from ultahost_api.models import Invoice, Noun, Service
from ultahost_api.models.sorting import Filled
from ultahost_api.refresh import schedule

_link = cells.name("service", "pk")


def _name(service: Service, about: Mapping[str, Any]) -> str:
    beneath = service.domain and service.product_name
    return format_html(
        "{}{}", _link(service, about), format_html("<small>{}</small>", parts.cut(beneath)) if beneath else ""
    )


def _state(service: Service, about: Mapping[str, Any]) -> str:
    state = parts.status(service.status)
    return (
        format_html("{}&ensp;{}", state, parts.status("cancelling"))
        if service.pk in about["cancelling"]
        else state
    )


LISTING = Listing(
    name="services",
    title=_("Services"),
    search=_("Search services"),
    before_key=_("Add an API key to see your services."),
    empty=_("There are no services in the accounts you can see."),
    body="labels/_rows.html",
    sorts={
        "domain": [Filled("domain"), Filled("product_name")],
        "account": [Filled("account__name"), Filled("product_name")],
        "status": [Filled("status"), "next_due_date"],
        "due": ["next_due_date"],
        "amount": ["amount"],
    },
    default_sort="due",
    shown=("domain", "status", "account", "cycle", "due", "amount"),
    columns=(
        ACCOUNT,
        Column("product", _("Service"), lambda s: s.product_name),
        Column("domain", _("Domain"), lambda s: s.domain, "name", _("Service"), _name),
        Column("status", _("Status"), lambda s: s.status, "state", cell=_state),
        Column("amount", _("Amount"), lambda s: s.amount, "money", cell=cells.amount("amount")),
        CURRENCY,
        Column(
            "cycle",
            _("Billing cycle"),
            lambda s: s.billing_cycle,
            "extra",
            _("Cycle"),
            lambda service, _about: cycle_word(service.billing_cycle),
        ),
        Column("due", _("Next due"), lambda s: s.next_due_date, "date", _("Due"), cells.day("next_due_date")),
        Column("registered", _("Registered"), lambda s: s.registration_date),
        REMOTE_ID,
        UNREADABLE,
        *labels.COLUMNS,
    ),
)


@require_safe
def services(request: http.Request) -> HttpResponse:
    table = _table(request)
    schedule.watch(table.accounts)
    cancelling = operations.pending_cancellations(table.page)
    about = labels.labelling(request.user, table)
    commands = ServiceCommand.objects.all() if about["operated"] else ()
    return table.respond(cancelling=cancelling, commands=commands, **about)


@require_safe
def services_csv(request: http.Request) -> HttpResponseBase:
    return _table(request).as_csv()


@require_safe
def service(request: http.Request, service_id: UUID) -> HttpResponse:
    service = access.service_to_view(request.user, service_id)
    if not http.is_partial(request, "service"):  # a partial request polls whether they have been read
        schedule.want_details(service)
    cancellation = operations.pending_cancellation(service)
    belonging = related.of_service(request.user, service)
    context = {
        "service": service,
        "cancellation": cancellation,
        "offers": offers.of_service(service, cancellation),
        "commands": [one for one in ServiceCommand.objects.all() if one.is_for(service.product_name)],
        "related": belonging,
        "unpaid": _unpaid(request.user, service, belonging),
        "history": history.history(request.user, service),
        "reads_besides": access.reads_besides(request.user, service.account),
        "may_operate": access.may_operate(request.user, service),
        "label_url": labels.url(request.user, service),
    }
    return http.page(request, "services/detail.html", context, partials=["service"])


def _unpaid(user: User, service: Service, belonging: Iterable[Any]) -> Invoice | None:
    """The invoice that a suspended service waits for, if the user may pay it."""
    if service.status != "Suspended":
        return None
    open_ones = [row for row in belonging if isinstance(row, Invoice) and row.is_payable]
    return (
        access.invoices_to_pay(user).filter(pk__in=[row.pk for row in open_ones]).order_by("due_date").first()
    )


def _table(request: http.Request) -> Table:
    accounts = access.accounts_to_view(request.user)
    return Table(
        request,
        LISTING,
        access.services_to_view(request.user),
        accounts=accounts,
        filter=LabelledFilter,
        labels=access.labels_to_see(request.user),
        freshness=Freshness(Noun.SERVICES, accounts),
    )


@can_be_asked_first
def cancel_service(request: http.Request, service_id: UUID) -> HttpResponse:
    service = access.service_to_operate(request.user, service_id)
    if request.method != "POST" and operations.pending_cancellation(service):
        messages.error(request, gettext("A cancellation has already been requested. Nothing was sent."))
        return http.SeeOther(_page_of(service))
    writing = WritePage(
        request,
        service.account,
        writes.RequestCancellation,
        title=gettext("Request the cancellation of %(service)s?") % {"service": service},
        text=gettext("Ultahost ends the service when it processes the request."),
        facts=_facts(service),
        warning=gettext(
            "All data on the service is lost when it ends. Only Ultahost can withdraw the request."
        ),
        verb=gettext("Request cancellation"),
        back=_page_of(service),
        danger=True,
    )
    due = service.next_due_date
    ends_on = due if due and due >= conf.today() else None
    return writing.respond(CancellationForm, lambda form: form.write(service.remote_id), ends_on=ends_on)


@require_POST
def withdraw_cancellation(request: http.Request, service_id: UUID) -> HttpResponse:
    """Marks a cancellation as withdrawn. It was withdrawn at Ultahost, because the API cannot do that."""
    service = access.service_to_operate(request.user, service_id)
    pending = operations.pending_cancellation(service)
    if pending and pending.took_effect:
        acts.withdraw(request.user, pending)
        messages.success(request, gettext("The cancellation is marked as withdrawn here."))
    elif pending:
        messages.error(request, gettext("The result of the request is not known yet. Nothing was changed."))
    else:
        messages.error(request, gettext("No cancellation is pending."))
    return http.SeeOther(_page_of(service))


@sensitive_variables()
@sensitive_post_parameters("password")
@can_be_asked_first
def reset_service_password(request: http.Request, service_id: UUID) -> HttpResponse:
    service = access.service_to_operate(request.user, service_id)
    writing = WritePage(
        request,
        service.account,
        writes.ResetServicePassword,
        title=gettext("Set a new password for %(service)s") % {"service": service},
        facts=[_named(service)],
        warning=gettext("The old password stops working immediately."),
        verb=gettext("Set the password"),
        back=_page_of(service),
    )
    return writing.respond(PasswordForm, lambda form: form.write(service.remote_id))


@http.require_safe_or_post
def run_command(request: http.Request, service_id: UUID, command_id: UUID) -> HttpResponse:
    service = access.service_to_operate(request.user, service_id)
    command = get_object_or_404(ServiceCommand, pk=command_id)
    if not command.is_for(service.product_name):
        raise Http404
    writing = WritePage(
        request,
        service.account,
        writes.RunCommand,
        title=gettext("%(command)s %(service)s?") % {"command": command, "service": service},
        facts=[_named(service)],
        warning=gettext("The service will be briefly unavailable.") if command.dangerous else "",
        verb=str(command),
        back=_page_of(service),
    )
    return writing.respond(WriteForm, lambda form: writes.RunCommand(service.remote_id, command.name))


@can_be_asked_first
def upgrade_service(request: http.Request, service_id: UUID) -> HttpResponse:
    service = access.service_to_operate(request.user, service_id)
    writing = WritePage(
        request,
        service.account,
        writes.UpgradeService,
        title=gettext("Upgrade %(service)s") % {"service": service},
        text=gettext(
            "This is an order: Ultahost changes the service and creates an invoice for the difference."
        ),
        facts=_facts(service),
        warning=gettext(
            "Ultahost shows the price only on the invoice it creates. The price appears here after ordering."
        ),
        verb=gettext("Order the upgrade"),
        back=_page_of(service),
    )
    return writing.respond(UpgradeForm, lambda form: form.write(service.remote_id), account=service.account)


def _page_of(service: Service) -> str:
    return reverse("service", args=[service.pk])


def _named(service: Service) -> tuple[str, str]:
    return gettext("Service"), " · ".join(filter(None, [service.domain, service.product_name])) or str(
        service
    )


def _facts(service: Service) -> list[tuple[str, str]]:
    amount = fields.money(service, "amount", service.account.currency)
    return [
        _named(service),
        (gettext("Amount"), f"{amount} {cycle_word(service.billing_cycle)}".strip()),
        (gettext("Due"), fields.day(service, "next_due_date")),
    ]
