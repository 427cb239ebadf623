from ultahost_api.client import Client, writes
from ultahost_api.models import Noun, Operation, Reason
from ultahost_api.models.invoice_statuses import PAYABLE
from ultahost_api.operations.actions.base import Before, Parameters, WriteAction, change_row, id_of
from ultahost_api.operations.reasons import NotAllowedNow

_UNPAID = {PAYABLE, "Collections", "Draft"}  # statuses of an invoice that was not paid


class PayInvoice(WriteAction):
    write = writes.PayInvoice
    noun, id_parameter = "invoice", "invoiceid"
    stale = (Noun.INVOICES,)

    def before(self, client: Client, parameters: Parameters) -> Before:
        invoice = client.invoices.get(parameters["invoiceid"])
        if invoice.status != PAYABLE:
            raise NotAllowedNow(Reason.INVOICE_STATUS, status=invoice.status)
        if invoice.total is None:
            raise NotAllowedNow(Reason.NO_TOTAL)
        if invoice.total <= 0:
            raise NotAllowedNow(Reason.NOTHING_TO_PAY)
        return {"status": invoice.status, "total": str(invoice.total)}

    def took_effect(self, client: Client, operation: Operation) -> bool | None:
        """True if paid or if the payment is pending, which can take days. None if cancelled or refunded."""
        status = client.invoices.get(id_of(operation)).status
        if status in {"Paid", "Payment Pending"}:
            operation.result |= {"status": status}
            return True
        return False if status in _UNPAID else None

    def change(self, operation: Operation) -> None:
        status = operation.result.get("status", "Paid")  # what settled it, if reading did
        change_row(operation, Noun.INVOICES, status=status)
