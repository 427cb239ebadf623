from ..core.write import Write


class PayInvoice(Write):
    """Takes the money with the invoice's payment method."""

    action = "pay_invoice"

    def __init__(self, invoice_id: int) -> None:
        super().__init__(invoiceid=invoice_id)
