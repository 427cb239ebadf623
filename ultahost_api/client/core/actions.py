"""The one table of the 39 documented actions.

Everything that has to know an action reads it here: the client (how to send it, whether it may be
sent again, what to mask), the sandbox (what to demand of a request) and ``manage.py ultahost``.
"""

from dataclasses import dataclass
from enum import StrEnum


class Effect(StrEnum):
    """What sending an action does, which decides whether it may ever be sent again.

    The HTTP verb cannot decide it: two of the provider's GETs yield secrets.
    """

    READ = "read"  # may be resent by a machine
    SECRET_READ = "secret read"  # noqa: S105 - yields a secret: never resent, cached or logged
    SET = "set"  # leaves the same state when repeated; resent only when a person asks
    DELETE = "delete"  # like SET, and "not found" on a repetition means done
    ONCE = "once"  # each sending counts: never again after a byte may have left


class Kind(StrEnum):
    """What a parameter holds on the wire."""

    INT = "int"
    TEXT = "text"
    FLAG = "flag"  # 0 or 1
    LIST = "list"  # parallel arrays, as in create_order
    MAP = "map"  # an object, as in create_order's domainrenewals


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    kind: Kind = Kind.TEXT
    required: bool = False
    secret: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Action:
    name: str
    method: str
    effect: Effect
    parameters: tuple[Parameter, ...] = ()
    paged: bool = False
    sortable: bool = False
    settled_by: str = ""  # the read that can find out an unknown result
    secret_fields: frozenset[str] = frozenset()  # fields of the answer that are secrets

    @property
    def required(self) -> tuple[str, ...]:
        return tuple(p.name for p in self.parameters if p.required)

    @property
    def secret_parameters(self) -> frozenset[str]:
        return frozenset(p.name for p in self.parameters if p.secret)

    def parameter(self, name: str) -> Parameter | None:
        for parameter in self.parameters:
            if parameter.name == name:
                return parameter
        return None


def _int(name: str) -> Parameter:
    return Parameter(name, Kind.INT, required=True)


def _text(name: str, *choices: str) -> Parameter:
    return Parameter(name, required=True, choices=choices)


def _secret(name: str) -> Parameter:
    return Parameter(name, required=True, secret=True)


def _maybe(*names: str, kind: Kind = Kind.TEXT) -> tuple[Parameter, ...]:
    return tuple(Parameter(name, kind) for name in names)


_PAGE = _maybe("limit", "offset", kind=Kind.INT)
_FILTERED = (*_PAGE, *_maybe("status"))
_SORTED = (*_FILTERED, *_maybe("sort"))

_PERSON = _maybe(
    "firstname", "lastname", "companyname", "email", "address1", "address2", "city", "state",
    "postcode", "country", "phonenumber", "tax_id",
)  # fmt: skip
_MAILS = _maybe(
    "generalemails", "productemails", "domainemails", "invoiceemails", "supportemails",
    "affiliateemails", kind=Kind.FLAG,
)  # fmt: skip
_REQUIRED_PERSON = tuple(
    Parameter(p.name, p.kind, required=p.name in {"firstname", "lastname", "email"}) for p in _PERSON
)

_ORDERED = _maybe(
    "pid", "qty", "billingcycle", "domain", "domaintype", "regperiod", "hostname",
    "addons", "servicerenewals", "addonrenewals", kind=Kind.LIST,
)  # fmt: skip

_SETUP_SECRETS = frozenset({"secret", "qr_image_url", "manual_entry_code"})
_EPP_CODES = frozenset({"eppcode", "epp_code", "code"})


def _read(name: str, *parameters: Parameter, secrets: frozenset[str] = frozenset()) -> Action:
    return Action(name, "GET", Effect.READ, parameters, secret_fields=secrets)


def _listing(name: str, parameters: tuple[Parameter, ...] = _PAGE) -> Action:
    sortable = any(p.name == "sort" for p in parameters)
    return Action(name, "GET", Effect.READ, parameters, paged=True, sortable=sortable)


def _secret_read(name: str, *parameters: Parameter, secrets: frozenset[str]) -> Action:
    return Action(name, "GET", Effect.SECRET_READ, parameters, secret_fields=secrets)


def _set(name: str, *parameters: Parameter, settled_by: str = "") -> Action:
    return Action(name, "POST", Effect.SET, parameters, settled_by=settled_by)


def _delete(name: str, *parameters: Parameter, settled_by: str) -> Action:
    return Action(name, "DELETE", Effect.DELETE, parameters, settled_by=settled_by)


def _once(name: str, *parameters: Parameter, settled_by: str = "") -> Action:
    return Action(name, "POST", Effect.ONCE, parameters, settled_by=settled_by)


_TABLE = (
    # The account
    _read("get_profile"),
    _set(
        "update_account",
        *_PERSON,
        *_maybe("defaultgateway", "language"),
        *_maybe("billingcid", kind=Kind.INT),
        *_maybe("marketing_emails_opt_in", "emailoptout", kind=Kind.FLAG),
        *_maybe("email_preferences", kind=Kind.MAP),
        settled_by="get_profile",
    ),
    _once("change_password", _secret("existingpw"), _secret("newpw"), _secret("confirmpw")),
    _secret_read("setup_2fa", secrets=_SETUP_SECRETS),
    _once("verify_2fa", _secret("secret"), _secret("code")),
    _once("disable_2fa", _secret("password")),
    # Services
    _listing("get_services", _SORTED),
    _read("get_service", _int("serviceid")),
    _once(
        "request_cancellation",
        _int("serviceid"),
        _text("type", "Immediate", "End of Billing Period"),
        *_maybe("cancellationreason"),
    ),
    _set("service_reset_password", _int("serviceid"), _secret("servicepassword")),
    _once("service_module_custom", _int("serviceid"), _text("func_name")),
    _once(
        "upgrade_service",
        _int("serviceid"),
        _text("type", "product", "configoptions"),
        _text("paymentmethod"),
        *_maybe("newproductid", kind=Kind.INT),
        *_maybe("newproductbillingcycle", "promocode"),
        *_maybe("configoptions", kind=Kind.MAP),
        settled_by="get_service",
    ),
    # Orders
    _listing("get_orders", _SORTED),
    _read("get_order", _int("orderid")),
    _once(
        "create_order",
        _text("paymentmethod"),
        *_ORDERED,
        Parameter("eppcode", Kind.LIST, secret=True),
        Parameter("rootpw", Kind.LIST, secret=True),
        *_maybe("domainrenewals", kind=Kind.MAP),
        *_maybe("promocode", "nameserver1", "nameserver2", "nameserver3", "nameserver4", "nameserver5"),
        settled_by="get_orders",
    ),
    # Invoices
    _listing("get_invoices", _SORTED),
    _read("get_invoice", _int("invoiceid")),
    _once("pay_invoice", _int("invoiceid"), settled_by="get_invoice"),
    # Payment methods
    _read("get_payment_methods", secrets=frozenset({"remote_token"})),
    _once(
        "add_payment_method",
        _text("type", "CreditCard", "RemoteCreditCard", "BankAccount"),
        *_maybe("description", "gateway_module_name", "bank_name", "bank_account_type"),
        Parameter("card_number", secret=True),
        Parameter("card_expiry", secret=True),
        Parameter("card_start", secret=True),
        Parameter("card_issue_number", secret=True),
        Parameter("bank_code", secret=True),
        Parameter("bank_account", secret=True),
        *_maybe("set_as_default", kind=Kind.FLAG),
        settled_by="get_payment_methods",
    ),
    _delete("delete_payment_method", _int("paymethodid"), settled_by="get_payment_methods"),
    # E-mails
    _listing("get_emails"),
    _read("get_email", _int("emailid")),
    # Announcements
    _listing("get_announcements"),
    _read("get_announcement", _int("announcementid")),
    # Quotes
    _listing("get_quotes"),
    _read("get_quote", _int("quoteid")),
    _once("accept_quote", _int("quoteid"), settled_by="get_quote"),
    # Contacts
    _listing("get_contacts"),
    _read("get_contact", _int("contactid")),
    _once("create_contact", *_REQUIRED_PERSON, *_MAILS, settled_by="get_contacts"),
    _set("update_contact", _int("contactid"), *_PERSON, *_MAILS, settled_by="get_contact"),
    _delete("delete_contact", _int("contactid"), settled_by="get_contact"),
    # Domains
    _listing("get_domains", _FILTERED),
    _read("get_domain", _int("domainid")),
    _set(
        "update_nameservers",
        _int("domainid"),
        _text("ns1"),
        _text("ns2"),
        *_maybe("ns3", "ns4", "ns5"),
    ),
    _set("manage_domain_lock", _int("domainid"), _text("lockstatus", "locked", "unlocked")),
    _secret_read("get_epp_code", _int("domainid"), secrets=_EPP_CODES),
    _set(
        "toggle_autorenew",
        _int("domainid"),
        Parameter("autorenew", Kind.FLAG, required=True),
        settled_by="get_domain",
    ),
)

ACTIONS: dict[str, Action] = {action.name: action for action in _TABLE}
