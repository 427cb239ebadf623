from collections import Counter
from decimal import Decimal

from ultahost_api.client import BadAnswer, BadRequest, Client, Forbidden, NotFound, writes
from ultahost_api.client.core.write import Write
from ultahost_api.models import Account, Noun, Operation, Reason, Service
from ultahost_api.operations.actions.base import Before, Parameters, WriteAction, id_of, unread
from ultahost_api.operations.cancellations import other_cancellation
from ultahost_api.operations.reasons import NotAllowedNow


class _OfAService(WriteAction):
    noun, id_parameter = "service", "serviceid"


class RequestCancellation(_OfAService):
    write = writes.RequestCancellation
    stale = (Noun.SERVICES,)

    def noted(self, account: Account, parameters: Parameters) -> Before:
        """The due date: once it moves, the request for the end of the period has lapsed."""
        service = Service.objects.filter(account=account, remote_id=self.remote_id(parameters) or 0).first()
        due = service and service.next_due_date
        return {"next_due_date": due.isoformat()} if due else {}

    def refuse_beside_others(self, operation: Operation) -> None:
        """The API does not show cancellations, so an open operation of ours counts as one."""
        if other_cancellation(operation):
            raise NotAllowedNow(Reason.CANCELLATION)


class ResetServicePassword(_OfAService):
    write = writes.ResetServicePassword


class RunCommand(_OfAService):
    write = writes.RunCommand
    stale = (Noun.SERVICES,)

    def subject(self, write: Write) -> str:
        """Another command on the same service is another write."""
        return f"{super().subject(write)} {write.parameters.get('func_name', '')}".strip()


class UpgradeService(_OfAService):
    write = writes.UpgradeService
    stale = (Noun.SERVICES, Noun.INVOICES)

    def before(self, client: Client, parameters: Parameters) -> Before:
        service = client.services.get(parameters["serviceid"])
        amount = None if service.amount is None else str(service.amount)
        return {"product_name": service.product_name, "amount": amount, "invoices": _invoices(client)}

    def took_effect(self, client: Client, operation: Operation) -> bool | None:
        """None if the product or the amount could not be read before or now.

        Also if an invoice came since that is not cancelled: it may be for the upgrade, which then waits for
        its payment or, once that is paid, for being set up.
        """
        service, before = client.services.get(id_of(operation)), operation.before
        if not service.product_name or not before.get("product_name"):
            return None
        if service.product_name != before["product_name"]:
            return True
        if service.amount is None or before.get("amount") is None:
            return None
        if service.amount != Decimal(before["amount"]):
            return True
        # One that was sent by an earlier version noted no invoice.
        return None if "invoices" in before and _may_wait(client, before["invoices"]) else False


def _invoices(client: Client) -> Before | None:
    """The newest, and those without a readable id; None if the key may not read them or no answer tells."""
    try:
        page = client.invoices.page()
    except (BadAnswer, BadRequest, Forbidden, NotFound):
        return None
    return {"newest": max(page.ids, default=0)} | unread(page.rejected)


def _may_wait(client: Client, before: Before | None) -> bool:
    """Whether an invoice came since that is not cancelled, or one that cannot be read."""
    if before is None:
        return True
    try:
        page = client.invoices.page()
    except (BadAnswer, BadRequest, Forbidden, NotFound):
        return True
    new = [invoice for invoice in page.records if invoice.id > before["newest"]]
    are_more = bool(new) and len(new) == len(page.records) and page.next_offset is not None
    are_new = Counter(row.remote_id for row in page.rejected) - Counter(before["unread"])
    return are_more or bool(are_new) or any(not _is_cancelled(invoice.status) for invoice in new)


def _is_cancelled(status: str) -> bool:
    return status.strip().lower() in {"cancelled", "canceled"}
