import re

from ultahost_api.sandbox.calls import Call, Refused, ok
from ultahost_api.sandbox.replies import Payload
from ultahost_api.sandbox.rows import Row, shown

_NEEDED = {
    "CreditCard": ("card_number", "card_expiry"),
    "RemoteCreditCard": ("gateway_module_name",),
    "BankAccount": ("bank_code", "bank_account"),
}


def get_payment_methods(call: Call) -> Payload:
    found = [shown(row) for row in call.account.payment_methods.values()]
    return ok("Payment methods retrieved successfully.", found)


def add_payment_method(call: Call) -> Payload:
    missing = [name for name in _NEEDED[call["type"]] if not call.get(name)]
    if missing:
        raise Refused(400, f"Missing required parameter: {', '.join(missing)}")
    card = _card(call) if call["type"] == "CreditCard" else {}
    (method,) = call.account.add_payment_methods(
        type=call["type"],
        description=call.get("description", ""),
        gateway_name=call.get("gateway_module_name", ""),
        contact_id=call.account.profile["id"],
        bank_name=call.get("bank_name", ""),
        **card,
    )
    return ok("Payment method added successfully.", {"paymethodid": method["id"]})


def _card(call: Call) -> Row:
    """Of the number only the last four digits are kept, here as there."""
    number, expiry = call["card_number"].replace(" ", ""), call["card_expiry"]
    if not _is_card_number(number):
        raise Refused(400, "The card number is invalid")
    if not re.fullmatch(r"(0[1-9]|1[0-2])/?(\d\d|\d{4})", expiry):
        raise Refused(400, "card_expiry must be MM/YYYY")
    brand = {"4": "Visa", "5": "MasterCard", "3": "American Express"}.get(number[0], "Card")
    return {"card_last_four": number[-4:], "expiry_date": expiry, "card_type": brand}


def _is_card_number(number: str) -> bool:
    if not re.fullmatch(r"\d{12,19}", number):
        return False
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in number[-2::-2])
    return (sum(map(int, number[-1::-2])) + sum(doubled)) % 10 == 0


def delete_payment_method(call: Call) -> Payload:
    method = call.owned("payment_methods", "paymethodid")
    del call.account.payment_methods[method["id"]]
    return ok("Payment method deleted successfully.")
