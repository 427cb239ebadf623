from decimal import Decimal

from ultahost_api.client import Client, writes
from ultahost_api.client.core.write import Write
from ultahost_api.models import Account, Noun, Operation, Reason, Service
from ultahost_api.operations.actions.base import Before, Parameters, WriteAction, id_of
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

        Also if invoices came since: one may be for the upgrade, which waits for its payment.
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
        return False if _invoices(client) == before.get("invoices") else None


def _invoices(client: Client) -> dict[str, int | None]:
    """What another invoice changes."""
    page = client.invoices.page()
    return {"total": page.total, "newest": max(page.ids, default=0)}
