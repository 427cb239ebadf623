"""What an operation did, in a sentence: ``Rebooted vps-3``.

One that did not take effect, or not yet, is called by what was asked for: ``Reboot: vps-3``.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from portal.wording import formats
from portal.wording.cycles import cycle_word
from portal.wording.operations import act
from portal.wording.translated import Translated
from ultahost_api.models import Operation

# With the name of what it is about, and as it is said on the page of that itself.
_DONE = {
    "update_account": gettext_lazy("Changed the account details"),
    "change_password": gettext_lazy("Changed the password at Ultahost"),
    "verify_2fa": gettext_lazy("Turned on two-factor sign-in at Ultahost"),
    "disable_2fa": gettext_lazy("Turned off two-factor sign-in at Ultahost"),
    "request_cancellation": gettext_lazy("Requested the cancellation of %(name)s"),
    "request_cancellation Immediate": gettext_lazy("Requested the immediate cancellation of %(name)s"),
    "request_cancellation End of Billing Period": gettext_lazy(
        "Requested the cancellation of %(name)s at the end of the billing period"
    ),
    "service_reset_password": gettext_lazy("Set a new password for %(name)s"),
    "service_module_custom": gettext_lazy("Ran “%(value)s” on %(name)s"),
    "service_module_custom reboot": gettext_lazy("Rebooted %(name)s"),
    "service_module_custom restart": gettext_lazy("Restarted %(name)s"),
    "service_module_custom start": gettext_lazy("Started %(name)s"),
    "service_module_custom stop": gettext_lazy("Stopped %(name)s"),
    "service_module_custom shutdown": gettext_lazy("Shut down %(name)s"),
    "upgrade_service": gettext_lazy("Ordered the upgrade of %(name)s"),
    "create_order": gettext_lazy("Ordered %(value)s"),
    "pay_invoice": gettext_lazy("Paid invoice %(name)s"),
    "add_payment_method": gettext_lazy("Added a payment method"),
    "add_payment_method CreditCard": gettext_lazy("Added a card"),
    "add_payment_method BankAccount": gettext_lazy("Added a bank account"),
    "delete_payment_method": gettext_lazy("Deleted a payment method"),
    "accept_quote": gettext_lazy("Accepted the quote %(name)s"),
    "create_contact": gettext_lazy("Added the contact %(value)s"),
    "update_contact": gettext_lazy("Changed the contact %(value)s"),
    "delete_contact": gettext_lazy("Deleted the contact %(value)s"),
    "update_nameservers": gettext_lazy("Nameservers of %(name)s set to %(value)s"),
    "manage_domain_lock locked": gettext_lazy("Locked %(name)s"),
    "manage_domain_lock unlocked": gettext_lazy("Unlocked %(name)s"),
    "toggle_autorenew on": gettext_lazy("Turned auto-renew of %(name)s on"),
    "toggle_autorenew off": gettext_lazy("Turned auto-renew of %(name)s off"),
}
_DONE_HERE = {
    "request_cancellation": gettext_lazy("Requested the cancellation"),
    "request_cancellation Immediate": gettext_lazy("Requested the immediate cancellation"),
    "request_cancellation End of Billing Period": gettext_lazy(
        "Requested the cancellation at the end of the billing period"
    ),
    "service_reset_password": pgettext_lazy("done", "Set a new password"),
    "service_module_custom": gettext_lazy("Ran “%(value)s”"),
    "service_module_custom reboot": gettext_lazy("Rebooted"),
    "service_module_custom restart": gettext_lazy("Restarted"),
    "service_module_custom start": pgettext_lazy("done", "Started"),
    "service_module_custom stop": gettext_lazy("Stopped"),
    "service_module_custom shutdown": gettext_lazy("Shut down"),
    "upgrade_service": gettext_lazy("Ordered an upgrade"),
    "pay_invoice": pgettext_lazy("done", "Paid"),
    "accept_quote": gettext_lazy("Accepted the quote"),
    "update_nameservers": gettext_lazy("Nameservers set to %(value)s"),
    "manage_domain_lock locked": pgettext_lazy("done", "Locked"),
    "manage_domain_lock unlocked": pgettext_lazy("done", "Unlocked"),
    "toggle_autorenew on": gettext_lazy("Turned auto-renew on"),
    "toggle_autorenew off": gettext_lazy("Turned auto-renew off"),
}
# Where the act's words leave open which of two it was
_ASKED = {
    "manage_domain_lock locked": gettext_lazy("Lock"),
    "manage_domain_lock unlocked": gettext_lazy("Unlock"),
    "toggle_autorenew on": gettext_lazy("Turn auto-renew on"),
    "toggle_autorenew off": gettext_lazy("Turn auto-renew off"),
}
_NAMED, _HERE, _WANTED = Translated(_DONE), Translated(_DONE_HERE), Translated(_ASKED)
_FALLBACKS = Translated(
    {"service": gettext_lazy("service #%(id)s"), "domain": gettext_lazy("domain #%(id)s")}
)
KEEP_CURRENCY = frozenset({"invoice", "quote"})  # nouns that stay in the one that they were written in
_SAME = {"boot": "start", "poweron": "start", "poweroff": "stop"}


@dataclass(frozen=True, slots=True)
class Names:
    """How things are called: products and commands by what Ultahost calls them."""

    products: Mapping[int, str] = field(default_factory=dict)
    commands: Mapping[str, str] = field(default_factory=dict)


def deed(operation: Operation, names: Names, row: object = None) -> str:
    """With the name of the row that it is about, or the row's id if the reader may not see the row."""
    told = name(operation, row)
    if operation.took_effect:
        return _said(_NAMED, operation, names, told, row)
    return _with_name(asked(operation, names), told or _wanted(operation, names))


def deed_here(operation: Operation, names: Names, row: object) -> str:
    """On the page of the row that it is about, without its name."""
    return _said(_HERE, operation, names, "", row) if operation.took_effect else asked(operation, names)


def asked(operation: Operation, names: Names, words: Callable[[str], str] = act) -> str:
    """What was asked for: a command by the words of its button, other acts by the ``words`` for them."""
    if operation.action == "service_module_custom" and (told := _command(operation, names)):
        return told
    kind = f"{operation.action} {_variant(operation)}"
    return _WANTED[kind] if kind in _WANTED else words(operation.action)


def _said(sentences: Translated, operation: Operation, names: Names, named: str, row: object) -> str:
    kinds = [f"{operation.action} {_variant(operation)}", operation.action]
    found = next((kind for kind in kinds if kind in sentences), None)
    if found is None and sentences is _HERE:
        return _said(_NAMED, operation, names, named, row)
    if found is None:
        return act(operation.action)
    value = _VALUES[operation.action](operation, names) if operation.action in _VALUES else ""
    if "%(value)s" in sentences[found] and not value:
        return _with_name(act(operation.action), named)
    told = sentences[found] % {"name": named, "value": value}
    price = _price(operation, row)
    return _("%(deed)s, %(amount)s") % {"deed": told, "amount": price} if price else told


def _with_name(words: str, named: str) -> str:
    return _("%(act)s: %(name)s") % {"act": words, "name": named} if named else words


def name(operation: Operation, row: object = None) -> str:
    """Of what it is about; its id if the reader may not see the row."""
    if row is not None:
        return str(row)
    if operation.remote_id is None:
        return ""
    if operation.noun in _FALLBACKS:
        return _FALLBACKS[operation.noun] % {"id": operation.remote_id}
    return f"#{operation.remote_id}"


def _variant(operation: Operation) -> str:
    parameters = operation.parameters
    if operation.action == "service_module_custom":
        command = str(parameters.get("func_name", "")).lower()
        return _SAME.get(command, command)
    if operation.action == "toggle_autorenew":
        return {"1": "on", "True": "on", "0": "off", "False": "off"}.get(str(parameters.get("autorenew")), "")
    return str(parameters.get("lockstatus") or parameters.get("type") or "")


def _price(operation: Operation, row: object) -> str:
    """What was paid, or what the answer says that it costs."""
    amount = operation.agreed_total
    if operation.action in {"upgrade_service", "pay_invoice"} and amount is None:
        try:
            amount = Decimal(str(operation.result.get("amount")))
        except InvalidOperation:
            return ""
    if amount is None or not amount.is_finite():
        return ""
    return formats.money(amount, str(operation.result.get("currency") or currency_of(operation, row)))


def currency_of(operation: Operation, row: object) -> str:
    """What the amounts of an operation are in.

    An invoice or a quote has its own, which its account may have left: of one that the reader may not see it
    is not known then, and so empty. Other operations have that which the account had.
    """
    if told := getattr(row, "currency", ""):
        return str(told)
    account = operation.account
    if operation.noun in KEEP_CURRENCY and account.former_currency:
        return ""
    return account.currency_at(operation.created_at)


def _command(operation: Operation, names: Names) -> str:
    command = str(operation.parameters.get("func_name", ""))
    return names.commands.get(command, command)


def _nameservers(operation: Operation, names: Names) -> str:
    numbered = (operation.parameters.get(f"ns{n}") for n in range(1, 6))
    return ", ".join(str(name) for name in numbered if name)


def _contact(operation: Operation, names: Names) -> str:
    told = operation.parameters
    full = " ".join(str(told[part]) for part in ("firstname", "lastname") if told.get(part))
    return full or str(told.get("email") or operation.before.get("name") or "") or name(operation)


def _wanted(operation: Operation, names: Names) -> str:
    """What was asked for by an order, which has no row yet."""
    return _ordered(operation, names) if operation.action == "create_order" else ""


def _ordered(operation: Operation, names: Names) -> str:
    return "; ".join(_items(operation.parameters, names))


def _items(told: Mapping[str, Any], names: Names) -> Iterator[str]:
    cycles = _list(told.get("billingcycle"))
    for place, pid in enumerate(_list(told.get("pid"))):
        product = names.products.get(pid) or _("product %(id)s") % {"id": pid}
        cycle = _in_a_sentence(cycle_word(str(cycles[place]))) if place < len(cycles) else ""
        yield ", ".join(filter(None, [product, cycle]))
    types, periods = _list(told.get("domaintype")), _list(told.get("regperiod"))
    for place, domain in enumerate(_list(told.get("domain"))):
        if place < len(types) and types[place] in _OF_DOMAINS:
            period = f", {years(periods[place])}" if place < len(periods) else ""
            yield _OF_DOMAINS[types[place]] % {"name": domain} + period
    renewed = told.get("domainrenewals")
    for domain, period in renewed.items() if isinstance(renewed, dict) else ():
        yield _("the renewal of %(name)s") % {"name": domain} + f", {years(period)}"
    if services := len(_list(told.get("servicerenewals"))):
        yield ngettext("the renewal of %(count)d service", "the renewal of %(count)d services", services) % {
            "count": services
        }


_OF_DOMAINS = Translated(
    {
        "register": gettext_lazy("the registration of %(name)s"),
        "transfer": gettext_lazy("the transfer of %(name)s"),
    }
)


def _in_a_sentence(word: str) -> str:
    return (
        word[:1].replace("İ", "i").lower() + word[1:]
    )  # a Turkish capital, which Python makes two letters of


def years(told: object) -> str:
    """`2 years`."""
    count = int(str(told)) if str(told).isdecimal() else 1
    return ngettext("%(years)d year", "%(years)d years", count) % {"years": count}


def _list(told: object) -> list[Any]:
    return told if isinstance(told, list) else []


_VALUES: dict[str, Callable[[Operation, Names], str]] = {
    "service_module_custom": _command,
    "create_order": _ordered,
    "create_contact": _contact,
    "update_contact": _contact,
    "delete_contact": _contact,
    "update_nameservers": _nameservers,
}
