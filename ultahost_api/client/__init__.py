"""Ultahost's Client API in Python. Needs requests and nothing of Django.

client = Client(api_key)
for invoice in client.invoices.list(status="Unpaid"): ...
"""

from .announcements import Announcement, AnnouncementDetails
from .client import DEFAULT_URL, Client
from .contacts import Contact, ContactDetails
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
)
from .core.paging import Listing, Page, Rejected
from .core.rate import Meter, Rate
from .core.secret import Secret
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
    "Upgrade",
]
