"""Ultahost's Client API in Python. Needs requests and nothing of Django.

client = Client(api_key)
for invoice in client.invoices.list(status="Unpaid"): ...
"""

from .actions import ACTIONS, Action, Effect, Kind, Parameter
from .announcements import Announcement, AnnouncementDetails
from .answers import Answer
from .client import DEFAULT_URL, Client
from .contacts import Contact, ContactDetails
from .domains import Domain, DomainDetails, EppCode
from .emails import Email, EmailDetails
from .errors import (
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
from .invoices import Invoice, InvoiceDetails, InvoiceItem
from .orders import NewOrder, Order, OrderDetails, OrderedDomain, OrderedService
from .paging import Listing, Page, Rejected
from .payment_methods import PaymentMethod
from .profile import Profile
from .quotes import Quote, QuoteDetails, QuoteItem
from .rate import Meter, Rate
from .secret import Secret
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
