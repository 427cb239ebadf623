"""The writes, one class each: how it is called, and what goes over the wire."""

from .account import ChangePassword, DisableTwoFactor, UpdateAccount, VerifyTwoFactor
from .contacts import CreateContact, DeleteContact, UpdateContact
from .domains import SetAutoRenew, SetLock, UpdateNameservers
from .invoices import PayInvoice
from .orders import CreateOrder
from .payment_methods import AddPaymentMethod, DeletePaymentMethod
from .quotes import AcceptQuote
from .services import RequestCancellation, ResetServicePassword, RunCommand, UpgradeService

__all__ = [
    "AcceptQuote",
    "AddPaymentMethod",
    "ChangePassword",
    "CreateContact",
    "CreateOrder",
    "DeleteContact",
    "DeletePaymentMethod",
    "DisableTwoFactor",
    "PayInvoice",
    "RequestCancellation",
    "ResetServicePassword",
    "RunCommand",
    "SetAutoRenew",
    "SetLock",
    "UpdateAccount",
    "UpdateContact",
    "UpdateNameservers",
    "UpgradeService",
    "VerifyTwoFactor",
]
