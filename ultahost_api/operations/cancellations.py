"""Pending cancellations. The API neither shows nor withdraws them, so our operations are the record."""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from ultahost_api.models import Operation, Service
from ultahost_api.models.prepared import Prepared
from ultahost_api.models.row_statuses import ENDED_SERVICE

State = Operation.State
_PREPARED = Prepared(most=200)


def pending_cancellation(service: Service) -> Operation | None:
    return pending_cancellations([service]).get(service.pk)


def pending_cancellations(
    services: Iterable[Service], besides: Operation | None = None
) -> dict[object, Operation]:
    """The pending request of each service, by the service's key, in one query, or two if there are some."""
    wanted = {(service.account_id, service.remote_id): service for service in services}
    accounts = sorted({account for account, _ in wanted})
    known = _PREPARED.values(tuple(accounts), lambda: _remote_ids(accounts))
    remote_ids = {remote_id for _, remote_id in wanted} & {remote_id for (remote_id,) in known}
    if not remote_ids:
        return {}
    requests = _requests(accounts).filter(remote_id__in=remote_ids)
    if besides:
        requests = requests.exclude(pk=besides.pk)
    found: dict[object, Operation] = {}
    for request in requests.order_by("created_at"):
        service = wanted.get((request.account_id, request.remote_id or 0))
        if service and _stands(request, service):
            found[service.pk] = request
    return found


def other_cancellation(operation: Operation) -> Operation | None:
    """Another pending request for the same service; if our copy does not have the service, any request."""
    about = {"account": operation.account, "remote_id": operation.remote_id}
    service = Service.objects.filter(**about).first() or Service(**about)
    return pending_cancellations([service], besides=operation).get(service.pk)


def withdraw(operation: Operation, user: Any) -> bool:
    """Mark it as withdrawn at the provider, by ``user``. Returns False if it was marked before."""
    standing = Operation.objects.filter(pk=operation.pk, withdrawn_at=None)
    return bool(standing.update(withdrawn_at=timezone.now(), withdrawn_by=user))


def _requests(accounts: Iterable[Any]) -> QuerySet[Operation]:
    return Operation.objects.filter(
        action="request_cancellation",
        account__in=accounts,
        state__in=[State.DONE, State.CONFIRMED, State.UNKNOWN, State.SENDING],
        withdrawn_at=None,
    )


def _remote_ids(accounts: Iterable[Any]) -> QuerySet[Any]:
    return _requests(accounts).order_by().values_list("remote_id").distinct()


def _stands(request: Operation, service: Service) -> bool:
    """Whether it is still pending: until the due date moves (end of period) or the service ends."""
    if service.status in ENDED_SERVICE or service.is_gone:
        return False
    due = request.before.get("next_due_date")
    moved_on = due and service.next_due_date and service.next_due_date.isoformat() > due
    return not (moved_on and request.parameters.get("type") == "End of Billing Period")
