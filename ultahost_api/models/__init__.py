from ultahost_api.models.accounts import Account
from ultahost_api.models.api_keys import ApiKey
from ultahost_api.models.assigned_lines import AssignedLine
from ultahost_api.models.batches import Batch
from ultahost_api.models.domain_risks import Remedy, Risk
from ultahost_api.models.domains import Domain
from ultahost_api.models.emails import Email
from ultahost_api.models.events import Event
from ultahost_api.models.heartbeats import Heartbeat
from ultahost_api.models.installations import Installation
from ultahost_api.models.invoice_items import InvoiceItem
from ultahost_api.models.invoices import Invoice
from ultahost_api.models.operations import Operation
from ultahost_api.models.orders import Order, OrderItem
from ultahost_api.models.quotes import Quote
from ultahost_api.models.rate_windows import RateWindow
from ultahost_api.models.reasons import Reason
from ultahost_api.models.refreshes import LISTS, Noun, PassPage, Refresh
from ultahost_api.models.row_versions import RowVersion
from ultahost_api.models.services import Service

__all__ = [
    "LISTS",
    "Account",
    "ApiKey",
    "AssignedLine",
    "Batch",
    "Domain",
    "Email",
    "Event",
    "Heartbeat",
    "Installation",
    "Invoice",
    "InvoiceItem",
    "Noun",
    "Operation",
    "Order",
    "OrderItem",
    "PassPage",
    "Quote",
    "RateWindow",
    "Reason",
    "Refresh",
    "Remedy",
    "Risk",
    "RowVersion",
    "Service",
]
