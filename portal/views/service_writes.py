from decimal import Decimal, InvalidOperation
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST

from portal import access, http
from portal.acts import operations as acts
from portal.forms.services import CancellationForm, PasswordForm, UpgradeForm
from portal.models import ServiceCommand
from portal.operations.form import WriteForm
from portal.operations.page import WritePage
from portal.wording import fields, formats
from ultahost_api import operations
from ultahost_api.client import writes
from ultahost_api.models import Operation, Service


@http.require_safe_or_post
def cancel_service(request: http.Request, service_id: UUID) -> HttpResponse:
    service = access.service_to_operate(request.user, service_id)
    if request.method != "POST" and operations.pending_cancellation(service):
        messages.error(request, _("A cancellation is requested already. Nothing was sent."))
        return http.SeeOther(_page_of(service))
    writing = WritePage(
        request,
        service.account,
        writes.RequestCancellation,
        title=_("Request the cancellation of %(service)s?") % {"service": service},
        text=_("Ultahost ends the service when its own run comes to the request."),
        facts=_facts(service),
        warning=_("What is on it is lost when it ends. Only Ultahost can take the request back."),
        verb=_("Request cancellation"),
        back=_page_of(service),
        done_words=_("The cancellation of %(service)s is requested.") % {"service": service},
        noted={"next_due_date": service.next_due_date.isoformat()} if service.next_due_date else {},
        danger=True,
    )
    return writing.respond(CancellationForm, lambda form: form.write(service.remote_id))


@require_POST
def withdraw_cancellation(request: http.Request, service_id: UUID) -> HttpResponse:
    """Writes down that Ultahost was asked elsewhere to take it back: the API cannot."""
    service = access.service_to_operate(request.user, service_id)
    pending = operations.pending_cancellation(service)
    if pending and pending.took_effect:
        acts.withdraw(request.user, pending)
        messages.success(request, _("The cancellation is marked as withdrawn here."))
    elif pending:
        messages.error(request, _("Whether it was requested is not known yet. Nothing was changed."))
    else:
        messages.error(request, _("No cancellation is pending."))
    return http.SeeOther(_page_of(service))


@sensitive_variables()
@sensitive_post_parameters("password")
@http.require_safe_or_post
def reset_service_password(request: http.Request, service_id: UUID) -> HttpResponse:
    service = access.service_to_operate(request.user, service_id)
    writing = WritePage(
        request,
        service.account,
        writes.ResetServicePassword,
        title=_("Set a new password for %(service)s") % {"service": service},
        facts=[_named(service)],
        warning=_("The old one stops working at once."),
        verb=_("Set the password"),
        back=_page_of(service),
        done_words=_("The password of %(service)s is set.") % {"service": service},
    )
    return writing.respond(PasswordForm, lambda form: form.write(service.remote_id))


@http.require_safe_or_post
def run_command(request: http.Request, service_id: UUID, command_id: UUID) -> HttpResponse:
    service = access.service_to_operate(request.user, service_id)
    command = get_object_or_404(ServiceCommand, pk=command_id)
    writing = WritePage(
        request,
        service.account,
        writes.RunCommand,
        title=_("%(command)s: %(service)s?") % {"command": command, "service": service},
        facts=[_named(service)],
        warning=_("It interrupts the service.") if command.dangerous else "",
        verb=str(command),
        back=_page_of(service),
        danger=command.dangerous,
    )
    return writing.respond(WriteForm, lambda form: writes.RunCommand(service.remote_id, command.name))


@http.require_safe_or_post
def upgrade_service(request: http.Request, service_id: UUID) -> HttpResponse:
    service = access.service_to_operate(request.user, service_id)
    writing = WritePage(
        request,
        service.account,
        writes.UpgradeService,
        title=_("Upgrade %(service)s") % {"service": service},
        text=_("This is an order: Ultahost changes the service and raises an invoice for the difference."),
        facts=_facts(service),
        warning=_("Ultahost tells no price before. What it comes to stands here afterwards."),
        verb=_("Order the upgrade"),
        back=_page_of(service),
        done_words=_("The upgrade of %(service)s is ordered.") % {"service": service},
        on_done=lambda operation: _tell_amount(request, service, operation),
    )
    return writing.respond(UpgradeForm, lambda form: form.write(service.remote_id), account=service.account)


def _page_of(service: Service) -> str:
    return reverse("service", args=[service.pk])


def _named(service: Service) -> tuple[str, str]:
    return _("Service"), " · ".join(filter(None, [service.domain, service.product_name])) or str(service)


def _facts(service: Service) -> list[tuple[str, str]]:
    amount = fields.money(service, "amount", service.account.currency)
    return [
        _named(service),
        (_("Amount"), f"{amount} {service.billing_cycle}".strip()),
        (_("Due"), fields.day(service, "next_due_date")),
    ]


def _tell_amount(request: http.Request, service: Service, operation: Operation) -> None:
    try:
        amount = Decimal(str(operation.result.get("amount")))
    except InvalidOperation:
        return  # it was ordered all the same
    currency = str(operation.result.get("currency") or service.account.currency)
    messages.info(request, _("It comes to %(amount)s.") % {"amount": formats.money(amount, currency)})
