"""The page of a batch: many operations that were confirmed together."""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from portal import access, http
from portal.acts import operations as acts
from portal.forms.addresses import MAIL_LABELS, MAILS
from portal.forms.selected_renewals import own_years
from portal.models import ServiceCommand
from portal.queries.batches import Line, Progress
from portal.queries.deeds import Deeds
from portal.sign_in.reauthentication import keep_typed
from portal.wording.durations import about
from portal.wording.operations import nameservers_of
from ultahost_api import operations
from ultahost_api.models import Operation

_STEER = {"pause": operations.pause, "resume": operations.resume, "stop": operations.stop}


@require_safe
def batch(request: http.Request, batch: UUID) -> HttpResponse:
    """The result of each operation. While one is open, the page asks for what changed since it was drawn.

    Once all are sent, a change may put the rows in another order, and then the page gets all of them.
    """
    progress = _progress(request, batch)
    first = progress.first
    shown = request.GET.get("shown", "") if http.is_partial(request, "batch") else progress.shown
    is_in_another_order = progress.is_sent and shown != progress.shown
    context = {
        "changed": () if is_in_another_order else progress.changed(shown),
        "is_in_another_order": is_in_another_order,
        "batch": batch,
        "progress": progress,
        "title": Deeds(request.user, [first], are_here=True).asked_together(first),
        "first": first,
        "asked": _asked(first),
        "is_paying": first.action == "pay_invoice",
        "is_renewing": first.action == "create_order",
        "estimate": about(progress.seconds),
    }
    return http.page(request, "operations/batch.html", context, partials=["batch"])


@require_POST
def steer_batch(request: http.Request, batch: UUID, order: str) -> HttpResponse:
    """Pauses, resumes or stops it."""
    progress = _progress(request, batch)
    if order not in _STEER:
        raise Http404
    if progress.queued:
        _STEER[order](batch)
    return http.SeeOther(reverse("batch", args=[batch]))


@require_POST
def retry_batch(request: http.Request, batch: UUID) -> HttpResponse:
    """Leads to a new confirmation of what was refused or not sent."""
    progress = _progress(request, batch)
    if not progress.retriable:
        messages.warning(request, _("There is nothing to try again."))
        return http.SeeOther(reverse("batch", args=[batch]))
    rows = [line.again for line in progress.retriable]
    there, typed = _repeated(progress.retriable)
    if not there:
        messages.warning(request, _("The catalogue no longer has this command."))
        return http.SeeOther(reverse("batch", args=[batch]))
    keep_typed(request, there, {**typed, "row": rows})
    return http.SeeOther(there)


@require_POST
def decide_batch(request: http.Request, batch: UUID) -> HttpResponse:
    """Stores the results that a person saw, of the selected rows. A 404 if one of them may not be settled."""
    _progress(request, batch)
    there = http.SeeOther(reverse("batch", args=[batch]))
    ids = _ids(request.POST.getlist("row"))
    if not ids:
        messages.warning(request, _("Select rows first. Nothing was changed."))
        return there
    found = list(access.operations_to_settle(request.user, batch).filter(pk__in=ids))
    if request.POST.get("happened") not in {"yes", "no"} or len(found) < len(ids):
        raise Http404
    took_effect = request.POST["happened"] == "yes"
    decided = [acts.decide(request.user, operation, took_effect=took_effect) for operation in found]
    if known := decided.count(False):
        told = ngettext(
            "%(count)s result was known meanwhile and was not changed.",
            "%(count)s results were known meanwhile and were not changed.",
            known,
        )
        messages.warning(request, told % {"count": known})
    return there


def _ids(told: Sequence[str]) -> set[UUID]:
    try:
        return {UUID(one) for one in told}
    except ValueError:
        raise Http404 from None


def _progress(request: http.Request, batch: UUID) -> Progress:
    progress = Progress(request.user, access.operations_together(request.user, batch))
    if not progress:
        raise Http404
    return progress


def _repeated(lines: Sequence[Line]) -> tuple[str, dict[str, Any]]:
    """The address of the confirmation they came from, and what was entered there; empty if it is gone."""
    operation = lines[0].operation
    told = operation.parameters
    match operation.action:
        case "pay_invoice":
            return reverse("pay_invoices"), {}
        case "update_contact":
            kinds = {name: told[name] for name in MAILS if name in told}
            return reverse("switch_mails", args=[operation.account_id]), kinds
        case "service_module_custom":
            command = ServiceCommand.objects.filter(name=told["func_name"]).first()
            return (reverse("command_services", args=[command.pk]) if command else ""), {}
        case "update_nameservers":
            return _of_domains("nameservers"), {"servers": "\n".join(nameservers_of(operation))}
        case "toggle_autorenew":
            return _of_domains("auto-renew-on" if int(told["autorenew"]) else "auto-renew-off"), {}
        case "manage_domain_lock":
            return _of_domains("lock" if told["lockstatus"] == "locked" else "unlock"), {}
        case "create_order":
            return _of_domains("renew"), _renewed(lines)
    raise Http404


def _renewed(lines: Sequence[Line]) -> dict[str, Any]:
    """What most have in common stands as the years of all."""
    ((usual, _count),) = Counter(line.years for line in lines).most_common(1)
    own = {own_years(line.again): line.years for line in lines if line.years != usual}
    methods = {
        f"method-{line.operation.account_id}": line.operation.parameters["paymentmethod"] for line in lines
    }
    return {"years": usual, **own, **methods}


def _asked(operation: Operation) -> list[tuple[str, str]]:
    """What was entered for all rows alike, besides what the title says: labels and words."""
    told = operation.parameters
    if operation.action == "update_nameservers":
        return [(_("Nameservers"), ", ".join(nameservers_of(operation)))]
    if operation.action == "update_contact":
        return [(str(MAIL_LABELS[name]), _switch(told[name])) for name in MAILS if name in told]
    return []


def _switch(told: object) -> str:
    return _("On") if str(told) == "1" else _("Off")


def _of_domains(act: str) -> str:
    return reverse("change_domains", args=[act])
