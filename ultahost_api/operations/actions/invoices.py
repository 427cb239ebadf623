from django.utils import timezone
from django.utils.translation import gettext as _

from ultahost_api.client import Client, writes
from ultahost_api.models import Noun, Operation
from ultahost_api.models.invoices import PAYABLE
from ultahost_api.operations.actions.base import (
    Before,
    Parameters,
    Pointless,
    WriteAction,
    change_row,
    id_of,
)

_UNPAID = {PAYABLE, "Collections", "Draft"}  # what an invoice stays when it is not paid after all


class PayInvoice(WriteAction):
    write = writes.PayInvoice
    noun, id_parameter = "invoice", "invoiceid"
    stale = (Noun.INVOICES,)

    def before(self, client: Client, parameters: Parameters) -> Before:
        invoice = client.invoices.get(parameters["invoiceid"])
        if invoice.status != PAYABLE:
            raise Pointless(_("Ultahost says that this invoice is %(status)s.") % {"status": invoice.status})
        if invoice.total is None:
            raise Pointless(_("The total that Ultahost asks for could not be read."))
        if invoice.total <= 0:
            raise Pointless(_("Ultahost asks for no money with this invoice."))
        return {"status": invoice.status, "total": str(invoice.total)}

    def took_effect(self, client: Client, operation: Operation) -> bool | None:
        """A payment may be under way for days; of an invoice cancelled or refunded a person decides."""
        status = client.invoices.get(id_of(operation)).status
        if status in {"Paid", "Payment Pending"}:
            operation.result |= {"status": status}
            return True
        return False if status in _UNPAID else None

    def change(self, operation: Operation) -> None:
        status = operation.result.get("status", "Paid")  # what settled it, if reading did
        change_row(operation, Noun.INVOICES, status=status, changed_at=timezone.now())
