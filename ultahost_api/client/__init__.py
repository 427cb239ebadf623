"""Ultahost's Client API in Python. Needs requests and nothing of Django.

client = Client(api_key)
for invoice in client.invoices.list(status="Unpaid"): ...
"""

from importlib import import_module
from typing import TYPE_CHECKING

from .client import DEFAULT_URL, Client
from .core.actions import ACTIONS, Action, Effect, Kind, Parameter
from .core.answers import Answer
from .core.errors import (
    BadAnswer,
    BadRequest,
    Forbidden,
    Garbled,
    InvalidParameters,
    NoAnswer,
    NotFound,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    ServerError,
    UltahostError,
    Unauthorized,
    Unsaid,
)
from .core.paging import Listing, Page, Rejected
from .core.rate import Meter, Rate
from .core.secret import Secret

if TYPE_CHECKING:
    from .announcements import Announcement, AnnouncementDetails
    from .contacts import Contact, ContactDetails
    from .domains import Domain, DomainDetails, EppCode
    from .emails import Email, EmailDetails
    from .invoices import Invoice, InvoiceDetails, InvoiceItem
    from .orders import NewOrder, Order, OrderDetails, OrderedDomain, OrderedService
    from .payment_methods import PaymentMethod
    from .profile import Profile
    from .quotes import Quote, QuoteDetails, QuoteItem
    from .services import Service, ServiceDetails, Upgrade
    from .two_factor import TwoFactorSetup

__all__ = [
    "ACTIONS",
    "DEFAULT_URL",
    "Action",
    "Announcement",
    "AnnouncementDetails",
    "Answer",
    "BadAnswer",
    "BadRequest",
    "Client",
    "Contact",
    "ContactDetails",
    "Domain",
    "DomainDetails",
    "Effect",
    "Email",
    "EmailDetails",
    "EppCode",
    "Forbidden",
    "Garbled",
    "InvalidParameters",
    "Invoice",
    "InvoiceDetails",
    "InvoiceItem",
    "Kind",
    "Listing",
    "Meter",
    "NewOrder",
    "NoAnswer",
    "NotFound",
    "NotSent",
    "Order",
    "OrderDetails",
    "OrderedDomain",
    "OrderedService",
    "OutcomeUnknown",
    "Page",
    "Parameter",
    "PaymentMethod",
    "Profile",
    "Quote",
    "QuoteDetails",
    "QuoteItem",
    "Rate",
    "RateLimited",
    "Rejected",
    "Secret",
    "ServerError",
    "Service",
    "ServiceDetails",
    "TwoFactorSetup",
    "UltahostError",
    "Unauthorized",
    "Unsaid",
    "Upgrade",
]

# The records, by their modules. A module is imported when one of its records or its noun is first used:
# making all these classes costs more than a third of what importing requests does.
_RECORDS = {
    "announcements": ("Announcement", "AnnouncementDetails"),
    "contacts": ("Contact", "ContactDetails"),
    "domains": ("Domain", "DomainDetails", "EppCode"),
    "emails": ("Email", "EmailDetails"),
    "invoices": ("Invoice", "InvoiceDetails", "InvoiceItem"),
    "orders": ("NewOrder", "Order", "OrderDetails", "OrderedDomain", "OrderedService"),
    "payment_methods": ("PaymentMethod",),
    "profile": ("Profile",),
    "quotes": ("Quote", "QuoteDetails", "QuoteItem"),
    "services": ("Service", "ServiceDetails", "Upgrade"),
    "two_factor": ("TwoFactorSetup",),
}
_MODULE_OF = {name: module for module, names in _RECORDS.items() for name in names}


if not TYPE_CHECKING:  # it knows all names from above, and would take any other for one of them

    def __getattr__(name: str) -> type:
        if name not in _MODULE_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        record = globals()[name] = getattr(import_module(f".{_MODULE_OF[name]}", __name__), name)
        return record

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
