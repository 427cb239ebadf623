from uuid import UUID

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from portal import access, http, live, live_lists
from portal.models import User
from ultahost_api.client import OrderDetails
from ultahost_api.models import Account, Invoice

STATUSES = ("Pending", "Active", "Cancelled", "Fraud")


@access.key_holders_only
@require_safe
def orders(request: http.Request) -> HttpResponse:
    choice = live_lists.choose(request, access.accounts_to_view(request.user))
    status = request.GET.get("status", "")
    if status and status not in STATUSES:
        raise Http404
    context: dict[str, object] = {"choice": choice, "statuses": STATUSES, "chosen_status": status}
    if choice.account and live_lists.is_wanted(request):
        context["live"] = live_lists.read_page(
            choice.account, "orders", lambda client: client.orders, live_lists.offset_of(request), status
        )
    if choice.account:
        context["may_operate"] = access.accounts_to_operate(request.user).contains(choice.account)
    return http.page(request, "orders/list.html", context, partials=["orders"])


@access.key_holders_only
@require_safe
def order(request: http.Request, account_id: UUID, order_id: int) -> HttpResponse:
    account = access.account_among(access.accounts_to_view(request.user), account_id)
    context = {"account": account, "order_id": order_id}
    if live_lists.is_wanted(request):
        answer = live.read(account, "order", lambda client: client.orders.get(order_id), cached=False)
        context |= {"live": answer}
        if answer.is_there:
            context |= _rows_of(answer.content, account, request.user)
    return http.page(request, "orders/detail.html", context, partials=["order"])


def _rows_of(order: OrderDetails, account: Account, user: User) -> dict[str, object]:
    """Each line with our row of it, where there is one."""
    services = access.services_to_view(user).of([account])
    domains = access.domains_to_view(user).of([account])
    ours = {service.remote_id: service for service in services.filter(remote_id__in=_ids(order.services))}
    names = {domain.remote_id: domain for domain in domains.filter(remote_id__in=_ids(order.domains))}
    return {
        "services": [(line, ours.get(line.id)) for line in order.services],
        "domains": [(line, names.get(line.id)) for line in order.domains],
        "invoice": invoice_row(user, account, order.invoice_id),
    }


def invoice_row(user: User, account: Account, remote_id: int | None) -> Invoice | None:
    """Our row of an invoice that an order or a quote made, once a refresh has brought it."""
    return access.invoices_to_view(user).of([account]).filter(remote_id=remote_id or 0).first()


def _ids(lines: tuple[object, ...]) -> list[int]:
    return [line.id for line in lines]  # type: ignore[attr-defined]
