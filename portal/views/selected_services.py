"""Running a command of the catalogue on many selected services: one confirmation, and a batch."""

from functools import partial
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from portal import access, http
from portal.models import ServiceCommand
from portal.operations.together_page import BulkWrite, Rows, TogetherPage
from portal.pages import cells
from portal.pages.columns import ACCOUNT, Column
from portal.pages.selection import selected
from portal.queries import offers
from portal.sign_in.reauthentication import can_be_asked_first
from portal.wording.statuses import its_status
from ultahost_api.client import writes
from ultahost_api.models import Service


def _counted(count: int) -> str:
    return ngettext("%(count)s service", "%(count)s services", count) % {"count": count}


_SERVICES = Rows(
    lambda user, data: selected(user, "services", data),
    (
        Column("name", gettext_lazy("Service"), css_class="name", cell=cells.name("service", "pk")),
        Column("status", gettext_lazy("Status"), css_class="state", cell=cells.status("status")),
        Column("product", gettext_lazy("Product"), css_class="extra", cell=cells.plain("product_name")),
        ACCOUNT,
    ),
    _counted,
)


def _words(command: ServiceCommand, count: int) -> tuple[str, str]:
    words = {"command": command, "services": _counted(count)}
    return _("%(command)s %(services)s?") % words, str(command)


def _hindered(command: ServiceCommand, service: Service) -> object:
    if not offers.of_service(service, None).runs:
        return its_status(service.status)
    return "" if command.is_for(service.product_name) else _("Its product does not have this command.")


def _kind(command: ServiceCommand) -> BulkWrite:
    return BulkWrite(
        writes.RunCommand,
        lambda form, service: writes.RunCommand(service.remote_id, command.name),
        partial(_words, command),
        text=_(
            "The command runs on the services of an account one after the other. If a result is unclear, the"
            " rest of the account are not sent."
        ),
        warning=_("The services will be briefly unavailable.") if command.dangerous else "",
        hindered=partial(_hindered, command),
        subject=lambda service: f"{service.remote_id} {command.name}",
    )


@can_be_asked_first
def command_services(request: http.Request, command_id: UUID) -> HttpResponse:
    if not access.accounts_to_operate(request.user):
        raise Http404
    command = get_object_or_404(ServiceCommand, pk=command_id)
    return TogetherPage(request, _SERVICES, _kind(command), reverse("services")).respond()
