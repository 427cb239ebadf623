from ultahost_api.sandbox.calls import Call, ok, page
from ultahost_api.sandbox.ordering import place
from ultahost_api.sandbox.replies import Payload
from ultahost_api.sandbox.rows import Row, shown

_SERVICE = ("id", "product_name", "domain", "amount", "billingcycle", "status")
_DOMAIN = ("id", "domain", "type", "registrationperiod", "firstpaymentamount", "status")


def get_orders(call: Call) -> Payload:
    return page(call, "orders", call.account.orders)


def get_order(call: Call) -> Payload:
    order = call.owned("orders", "orderid")
    account = call.account
    lines = {
        "services": _pick(account.services, order["_serviceids"], _SERVICE),
        "domains": _pick(account.domains, order["_domainids"], _DOMAIN),
    }
    return ok("Order retrieved successfully", shown(order) | lines)


def _pick(rows: dict[int, Row], ids: list[int], names: tuple[str, ...]) -> list[Row]:
    found = [rows[number] for number in ids if number in rows]
    return [{name: row[name] for name in names if name in row} for row in found]


def create_order(call: Call) -> Payload:
    order = place(call)
    return ok(
        "Order created successfully",
        {
            "orderid": order["id"],
            "invoiceid": order["invoiceid"],
            # Lists of ids are text here: "", "29" or "29,30".
            "serviceids": ",".join(map(str, order["_serviceids"])),
            "addonids": "",
            "domainids": ",".join(map(str, order["_domainids"])),
        },
    )
