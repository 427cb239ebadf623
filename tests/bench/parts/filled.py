"""A database of the portal's with so many rows of each noun, and the sessions of two people. Prints JSON.

python -m tests.bench.parts.filled ROWS
"""

import json
import os
import sys
import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402

from portal import housekeeping  # noqa: E402
from portal.acts import share_links  # noqa: E402
from portal.models import Role, User  # noqa: E402
from portal.running.preparing import collect_static_files  # noqa: E402
from ultahost_api.models import (  # noqa: E402
    Account,
    ApiKey,
    Domain,
    Email,
    Event,
    Invoice,
    InvoiceItem,
    Operation,
    Order,
    Quote,
    Refresh,
    Service,
)

ACCOUNTS, SHARED, OPERATIONS = 50, 500, 500
FIRST = date(2022, 1, 1)
DAYS = 1700
WORDS = ("tiny", "red", "north", "blue", "fast", "calm", "old", "new", "wide", "deep", "high", "low", "east")
THINGS = ("observatory", "garden", "harbour", "bakery", "library", "studio", "museum", "workshop", "school")


def day(n: int) -> date:
    return FIRST + timedelta(days=n * 7 % DAYS)


def name(n: int) -> str:
    return f"{WORDS[n % len(WORDS)]}-{THINGS[n % len(THINGS)]}-{n}.example.com"


def service(n: int) -> dict[str, Any]:
    status = ("Active", "Active", "Suspended", "Terminated")[n % 4]
    told = {"product_name": "Linux VPS Basic", "domain": name(n), "status": status}
    return told | {"amount": Decimal(n % 900), "billing_cycle": "Monthly", "next_due_date": day(n)}


def invoice(n: int) -> dict[str, Any]:
    status = "Unpaid" if n % 40 == 0 else ("Cancelled" if n % 9 == 0 else "Paid")
    told = {"number": f"INV-{n:07}", "date": day(n), "due_date": day(n) + timedelta(days=14)}
    return told | {
        "total": Decimal(n % 5000) / 7,
        "currency": "EUR",
        "status": status,
        "subtotal": Decimal(n % 5000) / 8,
        "tax": Decimal(n % 50) / 8,
        "credit": Decimal(0),
        "detailed_at": timezone.now(),
        "payment_method": "card",
        "lines": f"Linux VPS Basic - {name(n)} ({day(n)}) 19.99",
    }


def domain(n: int) -> dict[str, Any]:
    told = {"name": name(n), "status": "Active" if n % 5 else "Expired", "expiry_date": day(n)}
    return told | {"next_due_date": day(n), "recurring_amount": Decimal(n % 90)}


def order(n: int) -> dict[str, Any]:
    at = datetime(2022, 1, 1, tzinfo=UTC) + timedelta(minutes=n * 7)
    return {"number": f"{n * 37:09}", "date": at, "amount": Decimal(n % 900), "status": "Active"}


def quote(n: int) -> dict[str, Any]:
    told = {"subject": f"Offer for {name(n)}", "stage": "Delivered", "total": Decimal(n % 900)}
    return told | {"created_on": day(n), "valid_until": day(n) + timedelta(days=30)}


def email(n: int) -> dict[str, Any]:
    at = datetime(2022, 1, 1, tzinfo=UTC) + timedelta(minutes=n * 7)
    return {"subject": f"Invoice INV-{n:07} for {name(n)}", "date": at}


NOUNS = (
    *((Service, service), (Invoice, invoice), (Domain, domain), (Order, order)),
    *((Quote, quote), (Email, email)),
)


def fill(rows: int) -> tuple[User, User]:
    alma = User.objects.create_user("alma@example.com", None, name="Alma", page_size=50)
    boss = User.objects.create_user("boss@example.com", None, name="Boss", page_size=50, role=Role.ADMIN)
    accounts = [account(alma, number) for number in range(ACCOUNTS)]
    for model, make in NOUNS:
        told = ({"account": accounts[n % ACCOUNTS], "remote_id": n} | make(n) for n in range(1, rows + 1))
        save(model, (model(**row) for row in told))
    save_items()
    newest = list(Invoice.objects.order_by("-remote_id")[: min(rows, 100_000)])
    save(Event, (event(row, n) for n, row in enumerate(newest)))
    key = ApiKey.objects.all()[0]
    Operation.objects.bulk_create(operation(key, row) for row in newest[:OPERATIONS])
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")  # as its own does after so many rows
    return alma, boss


def save_items() -> None:
    """A line of each invoice about the service of the same number, as the text of ``lines`` tells."""
    services = dict(Service.objects.values_list("remote_id", "pk"))
    told: Any = Invoice.objects.values_list("pk", "remote_id", "lines", "subtotal").iterator(2000)
    items = (
        InvoiceItem(invoice_id=pk, position=0, description=text, amount=net, service_id=services[n])
        for pk, n, text, net in told
    )
    InvoiceItem.objects.bulk_create(items, batch_size=2000)


def account(owner: User, number: int) -> Account:
    account = Account.objects.create(
        remote_uuid=f"uuid-{number}", name=f"Company {number:02}", currency="EUR"
    )
    key = ApiKey(owner=owner, account=account, label=f"Key {number}", verified_at=timezone.now())
    key.put(f"sk_test_bench_{number:020}")
    key.save()
    return account


def event(row: Invoice, n: int) -> Event:
    told = {"account_id": row.account_id, "noun": "invoices", "row_id": row.pk, "remote_id": row.remote_id}
    changes = {"status": ["Unpaid", "Paid"]}
    at = timezone.now() - timedelta(minutes=n)
    return Event(**told, kind="changed", name=str(row), changes=changes, at=at)


def operation(key: ApiKey, row: Invoice) -> Operation:
    about = {"noun": "invoice", "subject": str(row.remote_id), "remote_id": row.remote_id}
    return Operation(
        **about,
        user=key.owner,
        key=key,
        account=key.account,
        key_last_four=key.last_four,
        idempotency_key=uuid4(),
        action="pay_invoice",
        state="done",
    )


def save(model: type[Any], rows: Any) -> None:
    batch = []
    for row in rows:
        row.folded = row.fold({})
        batch.append(row)
        if len(batch) == 2000:
            model.objects.bulk_create(batch)
            batch = []
    model.objects.bulk_create(batch)


def signed_in(user: User) -> Client:
    """A browser as after a first click."""
    client = Client(headers={"Host": "localhost"})
    client.force_login(user)
    session = client.session
    session.update({"seen_at": time.time(), "signed_in_at": time.time()})
    session.save()
    return client


def cookies(client: Client) -> str:
    return "; ".join(f"{one.key}={one.value}" for one in client.cookies.values())


def share(boss: User) -> tuple[str, str]:
    """The page of a link that shows SHARED invoices, and the cookie that opens it."""
    days = Invoice.objects.order_by("-date").values_list("date", flat=True)
    _, address = share_links.make(boss, name="Adviser", days=7, since=list(days[:SHARED])[-1])
    client = Client(headers={"Host": "localhost"})
    answer = client.get(address.removeprefix(settings.PORTAL_URL))
    return answer["Location"], cookies(client)


def main() -> None:
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    collect_static_files()
    alma, boss = fill(int(sys.argv[1]))
    Refresh.objects.update(next_due_at=timezone.now() + timedelta(days=1))
    housekeeping.tidy()  # as each hour: SQLite plans by the statistics that it takes
    page, ticket = share(boss)
    told = {"member": cookies(signed_in(alma)), "admin": cookies(signed_in(boss)), "ticket": ticket}
    row = Invoice.objects.filter(status="Paid")[0]
    told |= {"shared": page, "invoice": f"/invoices/{row.pk}/"}
    told |= {"service": f"/services/{Service.objects.all()[0].pk}/"}
    told |= {"domain": f"/domains/{Domain.objects.all()[0].pk}/", "account": str(row.account_id)}
    told |= {"month": f"{row.date:%Y-%m}"}
    print(json.dumps(told))


if __name__ == "__main__":
    main()
