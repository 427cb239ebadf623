from decimal import Decimal

from ultahost_api.sandbox.calls import Call, Refused, ok
from ultahost_api.sandbox.catalogue import CYCLES, GATEWAYS, OPTION_PRICE, PRODUCTS, money, price
from ultahost_api.sandbox.replies import Payload
from ultahost_api.sandbox.rows import Row, day


def upgrade_service(call: Call) -> Payload:
    """The service is changed at once and the difference is invoiced; a downgrade comes out negative."""
    service = call.owned("services", "serviceid")
    _check(call, service)
    changed = _to_product(call, service) if call["type"] == "product" else _with_options(call, service)
    difference = Decimal(changed["amount"]) - Decimal(service["amount"])
    line = _line(service, changed)
    service.update(changed)
    if difference > 0:
        service["_upgrade_invoice"] = _invoice(call, line, difference)["id"]
    return ok(
        "Upgrade processed successfully",
        {
            "result": "success",
            "serviceid": service["id"],
            "amount": money(difference),
            "currency": call.account.currency,
        },
    )


def _check(call: Call, service: Row) -> None:
    if service["status"] != "Active":
        raise Refused(400, "Only an active service can be upgraded")
    if call["paymentmethod"] not in GATEWAYS:
        raise Refused(400, "Invalid payment method")
    earlier = call.account.invoices.get(service["_upgrade_invoice"])
    if earlier and earlier["status"] == "Unpaid":
        raise Refused(400, f"Invoice {earlier['id']} of an earlier upgrade is unpaid")


def _to_product(call: Call, service: Row) -> Row:
    product = call.get("newproductid")
    if product not in PRODUCTS:
        raise Refused(400, "newproductid is not a product")
    current = next(
        (code for code, cycle in CYCLES.items() if cycle.name == service["billingcycle"]), "monthly"
    )
    cycle = call.get("newproductbillingcycle", current)
    if cycle not in CYCLES:
        raise Refused(400, f"newproductbillingcycle must be one of {', '.join(CYCLES)}")
    return {
        "product_name": PRODUCTS[product][0],
        "billingcycle": CYCLES[cycle].name,
        "amount": money(price(product, cycle)),
    }


def _with_options(call: Call, service: Row) -> Row:
    options = call.get("configoptions")
    if not options:
        raise Refused(400, "configoptions cannot be empty")
    return {"amount": money(Decimal(service["amount"]) + OPTION_PRICE * len(options))}


def _line(service: Row, changed: Row) -> str:
    products = dict.fromkeys([service["product_name"], changed.get("product_name", service["product_name"])])
    name = " - ".join(filter(None, [" => ".join(products), service["domain"]]))
    return f"Upgrade/Downgrade: {name}"


def _invoice(call: Call, line: str, amount: Decimal) -> Row:
    (invoice,) = call.account.add_invoices(
        total=money(amount), date=day(0), duedate=day(0), paymentmethod=call["paymentmethod"]
    )
    invoice["items"][0]["description"] = line
    return invoice
