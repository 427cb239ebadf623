from ultahost_api.sandbox.calls import Call, Refused, ok, page
from ultahost_api.sandbox.replies import Payload
from ultahost_api.sandbox.rows import Row, day, shown

_OPEN = {"Delivered", "On Hold"}
_PERSON = (
    "firstname", "lastname", "companyname", "email", "address1", "address2", "city", "state",
    "postcode", "country", "phonenumber", "tax_id",
)  # fmt: skip


def get_quotes(call: Call) -> Payload:
    return page(call, "quotes", call.account.quotes)


def get_quote(call: Call) -> Payload:
    quote, profile = shown(call.owned("quotes", "quoteid")), call.account.profile
    person = {"userid": profile["id"]} | {name: profile[name] for name in _PERSON}
    items = quote.get("items")
    if isinstance(items, list):
        items = [item | {"quoteid": quote["id"]} if isinstance(item, dict) else item for item in items]
    return ok("Quote retrieved successfully", quote | person | {"items": items})


def accept_quote(call: Call) -> Payload:
    quote = call.owned("quotes", "quoteid")
    if quote["stage"] not in _OPEN:
        raise Refused(400, f"This quote is {quote['stage']} and cannot be accepted")
    if quote["validuntil"] < day(0):
        raise Refused(400, "This quote has expired")
    quote |= {"stage": "Accepted", "dateaccepted": day(0), "lastmodified": day(0)}
    invoice = _invoice(call, quote)
    return ok("Quote accepted successfully. Invoice has been generated.", {"invoiceid": invoice["id"]})


def _invoice(call: Call, quote: Row) -> Row:
    (invoice,) = call.account.add_invoices(total=quote["total"], date=day(0), duedate=day(7))
    invoice["items"][0]["description"] = quote["subject"]
    return invoice
