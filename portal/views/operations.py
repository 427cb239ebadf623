from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from portal import access, http
from portal.acts import operations as acts
from portal.live_reads.slots import Busy, provider_call
from portal.pages import exports
from portal.pages.filters import OperationFilter
from portal.pages.tables import ListPage
from portal.views.orders import invoice_row
from portal.wording.operations import act, meaning
from portal.wording.reasons import said
from ultahost_api.models import Account
from ultahost_api.operations import settling
from ultahost_api.operations.actions import action_of

SORTS = {
    "when": ["created_at"],
    "status": ["state", "created_at"],
    "account": ["account__name", "created_at"],
}


@require_safe
def operations(request: http.Request) -> HttpResponse:
    """What was done: a person's own, an admin's over everyone."""
    return http.page(request, "operations/list.html", {"list": _listing(request)}, partials=["operations"])


@require_safe
def operations_csv(request: http.Request) -> HttpResponseBase:
    return _listing(request).as_csv("activity.csv", _columns())


@require_safe
def operation(request: http.Request, operation_id: UUID) -> HttpResponse:
    operation = access.operation_to_view(request.user, operation_id)
    can_be_read = action_of(operation.action).can_be_seen
    made = operation.made_invoice if operation.took_effect else None
    invoice = invoice_row(request.user, operation.account, made)
    context = {
        "operation": operation,
        "act": act(operation.action),
        "meaning": meaning(operation),
        "can_be_read": can_be_read,
        "awaits": (operation.is_pending and can_be_read) or (made and not invoice),
        "invoice": invoice,
        "made": made,
    }
    return http.page(request, "operations/detail.html", context, partials=["operation"])


@require_POST
def look_again(request: http.Request, operation_id: UUID) -> HttpResponse:
    operation = access.operation_to_settle(request.user, operation_id)
    try:
        with provider_call():
            settling.look_again(operation)
    except Busy:
        messages.error(request, _("The portal is busy with other calls. Try again."))
    return http.SeeOther(reverse("operation", args=[operation.pk]))


@require_POST
def decide(request: http.Request, operation_id: UUID) -> HttpResponse:
    """A person has looked at Ultahost and says whether it happened."""
    operation = access.operation_to_settle(request.user, operation_id)
    if request.POST.get("happened") not in {"yes", "no"}:
        raise Http404
    acts.decide(request.user, operation, took_effect=request.POST["happened"] == "yes")
    return http.SeeOther(reverse("operation", args=[operation.pk]))


def _listing(request: http.Request) -> ListPage:
    mine = access.operations_to_view(request.user)
    return ListPage(
        request,
        mine,
        accounts=Account.objects.filter(pk__in=mine.order_by().values("account")),
        filter_class=OperationFilter,
        sorts=SORTS,
        default_sort="-when",
    )


def _columns() -> list[exports.Column]:
    return [
        (_("When"), lambda o: o.created_at.isoformat(timespec="seconds")),
        (_("Who"), lambda o: o.user.name),
        (_("Account"), lambda o: o.account.name),
        (_("What"), lambda o: act(o.action)),
        (_("On"), lambda o: o.about),
        (_("State"), lambda o: o.get_state_display()),
        (_("Ultahost's words"), said),
        (_("Key"), lambda o: f"…{o.key_last_four}"),
        (_("Decided by"), lambda o: o.settled_by and o.settled_by.name),
        (_("Withdrawn"), lambda o: o.withdrawn_at and o.withdrawn_at.isoformat(timespec="seconds")),
        (_("Withdrawn by"), lambda o: o.withdrawn_by and o.withdrawn_by.name),
    ]
