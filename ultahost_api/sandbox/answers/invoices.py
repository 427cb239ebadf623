from ultahost_api.sandbox.calls import Call, Refused, ok, page
from ultahost_api.sandbox.catalogue import CARD_GATEWAYS
from ultahost_api.sandbox.replies import Payload
from ultahost_api.sandbox.rows import Row, day, shown


def get_invoices(call: Call) -> Payload:
    return page(call, "invoices", call.account.invoices)


def get_invoice(call: Call) -> Payload:
    return ok("Invoice retrieved successfully", shown(call.owned("invoices", "invoiceid")))


def pay_invoice(call: Call) -> Payload:
    invoice = call.owned("invoices", "invoiceid")
    if invoice["status"] != "Unpaid":
        raise Refused(400, "Invoice not found or not unpaid")
    if invoice["paymentmethod"] not in CARD_GATEWAYS:
        raise Refused(400, "Payment attempt failed")
    invoice["status"] = "Paid"
    _activate_order(call, invoice["id"])
    return ok("Payment captured successfully.", {"result": "success"})


def _activate_order(call: Call, invoice_id: int) -> None:
    """What was ordered starts once its invoice is paid."""
    account = call.account
    for order in account.orders.values():
        if order["invoiceid"] == invoice_id and order["status"] == "Pending":
            order["status"] = "Active"
            _activate([account.services[n] for n in order["_serviceids"] if n in account.services])
            _activate([account.domains[n] for n in order["_domainids"] if n in account.domains])


def _activate(rows: list[Row]) -> None:
    for row in rows:
        row["status"] = "Active"
        if "expirydate" in row:
            row.update(expirydate=row["nextduedate"], registrar="enom", registrationdate=day(0))
