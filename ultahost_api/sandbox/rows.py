"""Rows as the provider keeps them: every documented field, with a plausible value.

A key that starts with an underscore belongs to the sandbox and never leaves it.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

Row = dict[str, Any]

NO_DATE = "0000-00-00"
NO_TIME = "0000-00-00 00:00:00"
PREFERENCES = ("general", "product", "domain", "invoice", "support", "affiliate")

# A canary: if this text is in a log, a page or a database, something leaks.
CANARY = "CANARY-never-show-or-store-this"

LISTED = {
    "services": (
        "id", "product_name", "domain", "amount", "billingcycle", "nextduedate", "nextinvoicedate",
        "status", "regdate",
    ),
    "orders": ("id", "ordernum", "amount", "paymentmethod", "status", "date"),
    "invoices": ("id", "invoicenum", "date", "duedate", "total", "status", "paymentmethod"),
    "emails": ("id", "date", "subject"),
    "announcements": ("id", "date", "title"),
    "quotes": ("id", "subject", "stage", "validuntil", "datecreated", "total"),
    "contacts": ("id", "firstname", "lastname", "email"),
    "domains": (
        "id", "domain", "firstpaymentamount", "recurringamount", "registrationperiod",
        "registrationdate", "nextduedate", "status", "registrar",
    ),
}  # fmt: skip


def today() -> date:
    return datetime.now(UTC).date()


def day(offset: int) -> str:
    return (today() + timedelta(days=offset)).isoformat()


def moment(offset_days: int = 0) -> str:
    return f"{datetime.now(UTC) + timedelta(days=offset_days):%Y-%m-%d %H:%M:%S}"


def shown(row: Row) -> Row:
    return {name: value for name, value in row.items() if not name.startswith("_")}


def listed(noun: str, row: Row) -> Row:
    """``unknown`` stands for a field that the documentation does not have."""
    return {name: row[name] for name in (*LISTED[noun], "unknown") if name in row}


def profile(company: str, currency: str, uuid: str) -> Row:
    return {
        "id": 0,
        "uuid": uuid,
        "firstname": "Ada",
        "lastname": "Example",
        "companyname": company,
        "email": "billing@example.com",
        "address1": "1 Example Street",
        "address2": "",
        "city": "Exampleton",
        "state": "EX",
        "postcode": "10001",
        "country": "US",
        "phonenumber": "+1.5555550123",
        "tax_id": "",
        "currency": 1,
        "credit": "0.00",
        "taxexempt": 0,
        "status": "Active",
        "language": "english",
        "created_at": moment(-400),
        "updated_at": moment(-30),
        "currency_code": currency,
        "_defaultgateway": "stripe",
        "_billingcid": 0,
        "_marketing_emails_opt_in": 0,
        "_emailoptout": 0,
        "_email_preferences": dict.fromkeys(PREFERENCES, 1),
    }


def service(number: int) -> Row:
    return {
        "id": 0,
        "product_name": "Linux VPS Basic",
        "domain": f"host{number}.example.com",
        "amount": "19.99",
        "billingcycle": "Monthly",
        "nextduedate": day(14),
        "nextinvoicedate": day(7),
        "status": "Active",
        "regdate": day(-200 - number % 200),
        "dedicatedip": f"192.0.2.{number % 250 + 1}",
        "assignedips": "",
        "ns1": "ns1.example.com",
        "ns2": "ns2.example.com",
        "_module": True,  # without one, passwords and commands are refused
        "_cancellation": "",
        "_upgrade_invoice": 0,
    }


def order(number: int) -> Row:
    return {
        "id": 0,
        "ordernum": 9_178_151_000 + number,
        "amount": "19.99",
        "paymentmethod": "stripe",
        "status": "Active",
        "date": moment(-number),
        "invoiceid": 0,
        "notes": "",
        "_serviceids": [],
        "_domainids": [],
    }


def invoice(number: int) -> Row:
    return {
        "id": 0,
        "invoicenum": "",
        "date": day(-(number % 60)),
        "duedate": day(14 - number % 60),
        "subtotal": "19.99",
        "credit": "0.00",
        "tax": "0.00",
        "tax2": "0.00",
        "total": "19.99",
        "status": "Unpaid",
        "paymentmethod": "stripe",
        "notes": "",
        "items": [{"id": number, "description": "Linux VPS Basic", "amount": "19.99", "taxed": 0}],
    }


def payment_method(number: int) -> Row:
    return {
        "id": 0,
        "type": "BankAccount",
        "description": f"Business Checking {number}",
        "gateway_name": "",
        "contact_type": "Client",
        "contact_id": 5,
        "bank_name": "Example Bank",
        "remote_token": "",
        "last_updated": localised_now(),
    }


def localised_now() -> str:
    """Payment methods alone carry day/month/year, as the provider shows it."""
    return f"{datetime.now(UTC):%d/%m/%Y %H:%M}"


def email(number: int) -> Row:
    sent = moment(-number)
    return {
        "id": 0,
        "userid": 0,
        "subject": f"Customer Invoice {number}",
        "message": "<html><body><p>Your invoice is ready.</p></body></html>",
        "date": sent,
        "to": "Ada Example <billing@example.com>",
        "cc": "",
        "bcc": "",
        "attachments": f'["Invoice-{number}.pdf"]',
        "pending": 0,
        "message_data": None,
        "failed": 0,
        "failure_reason": "",
        "retry_count": 0,
        "created_at": None,
        "updated_at": sent,
        "campaign_id": 0,
    }


def announcement(number: int) -> Row:
    when = moment(-number)
    return {
        "id": 0,
        "date": when,
        "title": f"Scheduled Maintenance {number}",
        "announcement": "<p>We will be performing scheduled maintenance on our servers.</p>",
        "published": 1,
        "parentid": 0,
        "language": "",
        "created_at": when,
        "updated_at": when,
    }


def quote(number: int) -> Row:
    return {
        "id": 0,
        "subject": f"VPS Quote {number}",
        "stage": "Delivered",
        "validuntil": day(20),
        "currency": 1,
        "subtotal": "19.99",
        "tax1": "0.00",
        "tax2": "0.00",
        "total": "19.99",
        "proposal": "",
        "customernotes": "",
        "adminnotes": CANARY,
        "datecreated": day(-10),
        "lastmodified": day(-10),
        "datesent": NO_DATE,
        "dateaccepted": NO_DATE,
        "items": [quote_item(number)],
    }


def quote_item(number: int) -> Row:
    return {
        "id": number,
        "quoteid": 0,
        "description": "Windows VPS - Basic Windows VPS",
        "quantity": "1",
        "unitprice": "19.99",
        "discount": "0.00",
        "taxable": 1,
        "created_at": NO_TIME,
        "updated_at": moment(-10),
    }


def contact(number: int) -> Row:
    return {
        "id": 0,
        "userid": 0,
        "firstname": "Jane",
        "lastname": "Smith",
        "companyname": "",
        "email": f"jane.smith{number}@example.com",
        "address1": "",
        "address2": "",
        "city": "",
        "state": "",
        "postcode": "",
        "country": "US",
        "phonenumber": "",
        "tax_id": "",
        "subaccount": 0,
        "password": CANARY,
        "permissions": "",
        "domainemails": 0,
        "generalemails": 0,
        "invoiceemails": 0,
        "productemails": 0,
        "supportemails": 0,
        "affiliateemails": 0,
        "pwresetkey": CANARY,
        "created_at": NO_TIME,
        "updated_at": NO_TIME,
        "pwresetexpiry": NO_TIME,
    }


def domain(number: int) -> Row:
    return {
        "id": 0,
        "userid": 0,
        "orderid": 0,
        "type": "Register",
        "registrationdate": day(-200),
        "domain": f"example-{number}.com",
        "firstpaymentamount": "10.00",
        "recurringamount": "12.00",
        "registrar": "enom",
        "registrationperiod": 1,
        "expirydate": day(165),
        "subscriptionid": "",
        "promoid": 0,
        "status": "Active",
        "nextduedate": day(165),
        "nextinvoicedate": day(151),
        "additionalnotes": "",
        "paymentmethod": "stripe",
        "dnsmanagement": 0,
        "emailforwarding": 0,
        "idprotection": 0,
        "is_premium": 0,
        "donotrenew": 0,
        "reminders": "",
        "synced": 0,
        "created_at": NO_TIME,
        "updated_at": NO_TIME,
        "_nameservers": ["ns1.example.com", "ns2.example.com"],
        "_locked": True,
        "_epp": None,  # None: the registrar mails it
    }
