"""Place an order: read its parallel arrays, then make services, domains, an invoice and the order."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ultahost_api.sandbox.calls import Call, Refused
from ultahost_api.sandbox.catalogue import (
    CYCLES,
    DOMAIN_YEAR,
    GATEWAYS,
    PRODUCTS,
    money,
    months_on,
    period,
    price,
)
from ultahost_api.sandbox.rows import Row, day, moment

_NOT_RENEWABLE = {"Pending", "Cancelled", "Pending Transfer", "Transferred Away", "Fraud"}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing bought; `noun` is empty for a renewal, which makes no row."""

    description: str
    amount: Decimal
    noun: str = ""
    row: Row | None = None


def place(call: Call) -> Row:
    """Nothing is made before everything is checked."""
    if call["paymentmethod"] not in GATEWAYS:
        raise Refused(400, "Invalid payment method")
    lines = [*_services(call), *_domains(call), *_service_renewals(call), *_domain_renewals(call)]
    if not lines:
        raise Refused(400, "An order needs at least one product, domain or renewal")
    invoice = _invoice(call, lines)
    (order,) = call.account.add_orders(
        amount=invoice["total"],
        paymentmethod=call["paymentmethod"],
        status="Pending",
        date=moment(),
        invoiceid=invoice["id"],
        _serviceids=_make(call, "services", lines),
        _domainids=_make(call, "domains", lines),
    )
    for number in order["_domainids"]:
        call.account.domains[number]["orderid"] = order["id"]
    return order


def _services(call: Call) -> list[Line]:
    return [_service(call, place, product) for place, product in enumerate(call.get("pid", []))]


def _service(call: Call, place: int, product: Any) -> Line:
    cycle = _at(call, "billingcycle", place, "monthly")
    number = _number(product)
    if number not in PRODUCTS:
        raise Refused(400, f"Product ID {product} not found")
    if cycle not in CYCLES:
        raise Refused(400, f"billingcycle must be one of {', '.join(CYCLES)}")
    name, amount = PRODUCTS[number][0], price(number, cycle)
    row = {
        "product_name": name,
        "domain": str(_at(call, "domain", place, _at(call, "hostname", place, ""))),
        "amount": money(amount),
        "billingcycle": CYCLES[cycle].name,
        "nextduedate": months_on(CYCLES[cycle].months),
        "nextinvoicedate": months_on(CYCLES[cycle].months),
        "status": "Pending",
        "regdate": day(0),
        "dedicatedip": "",
        "ns1": "",
        "ns2": "",
    }
    return Line(_service_line(row), amount, "services", row)


def _domains(call: Call) -> list[Line]:
    kinds = enumerate(call.get("domaintype", []))
    return [_domain(call, place, kind) for place, kind in kinds if kind]


def _domain(call: Call, place: int, kind: Any) -> Line:
    name = _at(call, "domain", place, "")
    years = _number(_at(call, "regperiod", place, 1))
    if kind not in {"register", "transfer"}:
        raise Refused(400, "domaintype must be register or transfer")
    if "." not in str(name):
        raise Refused(400, "A domain order needs the domain's name")
    if years is None or not 1 <= years <= 10:
        raise Refused(400, "regperiod must be 1 to 10 years")
    if kind == "transfer" and not _at(call, "eppcode", place, ""):
        raise Refused(400, "A transfer needs the eppcode")
    amount = DOMAIN_YEAR * years
    row = {
        "domain": name,
        "type": kind.capitalize(),
        "registrationdate": day(0),
        "firstpaymentamount": money(amount),
        "recurringamount": money(amount),
        "registrationperiod": years,
        "expirydate": "0000-00-00",
        "nextduedate": months_on(12 * years),
        "nextinvoicedate": day(0),
        "registrar": "",
        "status": "Pending",
        "paymentmethod": call["paymentmethod"],
    }
    words = "Domain Registration" if kind == "register" else "Domain Transfer"
    return Line(_domain_line(words, str(name), years), amount, "domains", row)


def _service_renewals(call: Call) -> list[Line]:
    services = [call.find("services", _number(n) or 0) for n in call.get("servicerenewals", [])]
    return [Line(_service_line(service), Decimal(service["amount"])) for service in services]


def _service_line(service: Row) -> str:
    """In the shapes of WHMCS, which name what a line is for."""
    name = " - ".join(filter(None, [service["product_name"], service["domain"]]))
    months = next((c.months for c in CYCLES.values() if c.name == service["billingcycle"]), 1)
    return f"{name} {period(months)}"


def _domain_line(words: str, name: str, years: int) -> str:
    return f"{words} - {name} - {years} Year/s {period(12 * years)}"


def _domain_renewals(call: Call) -> list[Line]:
    renewals: dict[str, Any] = call.get("domainrenewals", {})
    return [_domain_renewal(call, name, _number(years)) for name, years in renewals.items()]


def _domain_renewal(call: Call, name: str, years: int | None) -> Line:
    domain = next((d for d in call.account.domains.values() if name in {d["domain"], str(d["id"])}), None)
    if domain is None:
        raise Refused(404, f"Domain {name} not found")
    if domain["status"] in _NOT_RENEWABLE:
        raise Refused(400, f"{name} is {domain['status']} and cannot be renewed")
    if years is None or not 1 <= years <= 10:
        raise Refused(400, "A renewal takes 1 to 10 years")
    return Line(_domain_line("Domain Renewal", domain["domain"], years), DOMAIN_YEAR * years)


def _invoice(call: Call, lines: list[Line]) -> Row:
    (invoice,) = call.account.add_invoices(
        total=money(sum((line.amount for line in lines), Decimal(0))),
        date=day(0),
        duedate=day(0),
        paymentmethod=call["paymentmethod"],
    )
    invoice["items"] = [_item(call, line) for line in lines]
    return invoice


def _item(call: Call, line: Line) -> Row:
    call.state.ids["items"] += 1
    number = call.state.ids["items"]
    return {"id": number, "description": line.description, "amount": money(line.amount), "taxed": 0}


def _make(call: Call, noun: str, lines: list[Line]) -> list[int]:
    return [call.account.add(noun, **line.row)["id"] for line in lines if line.noun == noun and line.row]


def _at(call: Call, name: str, place: int, default: Any) -> Any:
    """What the parallel array of that name holds for this line."""
    values = call.get(name, [])
    return values[place] if place < len(values) and values[place] not in (None, "") else default


def _number(value: Any) -> int | None:
    return int(value) if str(value).isdecimal() else None
