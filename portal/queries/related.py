"""What belongs together: the services, domains, orders and invoices that are linked with a row.

Lines of invoices, items of orders and names of domains are the links; each is read from both of its ends. A
link shows only rows that the user may view, and each function asks a constant number of statements.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import OuterRef, Prefetch, Q, Subquery

from portal import access
from portal.models import User
from portal.models.labels import label_of_line
from ultahost_api.models import Domain, Email, Invoice, InvoiceItem, Order, OrderItem, Service
from ultahost_api.models.cached import Cached
from ultahost_api.models.folding import folded
from ultahost_api.models.invoices import InvoiceQuerySet
from ultahost_api.models.line_texts import domain_key, expects_thing, line_key

MOST = 100  # rows of a noun that a page shows
_NAMES = 5  # of domains in one subject
_WORD = re.compile(r"[^\s<>()\[\]{}\"'„“”«»,;:/]+")
# "Invoice #198", "Invoice Number: EUR-2026-198", "Rechnung Nr. 198"
_INVOICE = re.compile(
    r"(?:invoice|rechnung|facture|factura|fatura|fattura|factuur|faktur\w|счёт|счет|рахунок|發票|发票|請求書)"
    r"\s*(?:no\.?|nr\.?|num\.?|number|nummer|número|numéro|n[°º]|№|id)?\s*[:#№]*\s*([\w./-]*\d[\w/-]*)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an invoice, what it is of and its label. ``is_unassigned``: a reader would expect a link.

    ``key`` knows it by its text where the user may assign it, and is empty for others.
    """

    item: InvoiceItem
    thing: Service | Domain | None
    is_unassigned: bool
    label: str
    key: str


def of_service(user: User, service: Service) -> list[Cached]:
    """Its domain, its orders and its invoices, each noun's newest first."""
    return _kept(
        user,
        service,
        lambda: [
            *_domains_above(user, service),
            *_orders_of(user, service, OrderItem.Kind.SERVICE),
            *_invoices_of(user, service, InvoiceItem.objects.filter(service=service)),
        ],
    )


def of_domain(user: User, domain: Domain) -> list[Cached]:
    """The services at its name, its orders and its invoices, each noun's newest first."""
    return _kept(
        user,
        domain,
        lambda: [
            *_services_below(user, domain),
            *_orders_of(user, domain, OrderItem.Kind.DOMAIN, Q(remote_id=domain.order_id or 0)),
            *_invoices_of(user, domain, InvoiceItem.objects.filter(domain=domain)),
        ],
    )


def _kept(user: User, row: Cached, read: Callable[[], list[Cached]]) -> list[Cached]:
    """Pages of a row ask again and again while its details are read."""
    return access.kept_rows(user, ("related", row.pk), read)


def of_invoice(user: User, invoice: Invoice) -> list[Cached]:
    """The orders that led to it."""

    def read() -> list[Cached]:
        orders = access.orders_to_view(user).filter(account=invoice.account_id, invoice_id=invoice.remote_id)
        return list(orders.order_by("-remote_id")[:MOST])

    return _kept(user, invoice, read)


def lines_of(user: User, invoice: Invoice) -> list[Line]:
    """Its lines, each with the thing that it is of. To others its account's things do not exist."""
    items: list[Any] = list(
        invoice.items.annotate(label=label_of_line("label__name")).select_related("assigned")
    )
    things: dict[Any, Service | Domain] = {}
    if any(item.service_id for item in items):
        things |= access.services_to_view(user).filter(pk__in=invoice.items.values("service")).in_bulk()
    if any(item.domain_id for item in items):
        things |= access.domains_to_view(user).filter(pk__in=invoice.items.values("domain")).in_bulk()
    sees_things = access.accounts_to_view(user).contains(invoice.account)
    may_assign = access.accounts_to_assign(user).contains(invoice.account)
    return [
        Line(
            item,
            things.get(_thing_id(item)),
            sees_things and not (item.label or _thing_id(item)) and expects_thing(item.description),
            item.label or "",
            line_key(item.description) if may_assign and is_assignable(user, item) else "",
        )
        for item in items
    ]


def with_things(user: User, invoices: InvoiceQuerySet) -> InvoiceQuerySet:
    """Each with its lines and their labels, and with what they name as far as the user may view that."""
    things = {"items__service": access.services_to_view(user), "items__domain": access.domains_to_view(user)}
    lines = Prefetch("items", InvoiceItem.objects.annotate(label_name=label_of_line("label__name")))
    return invoices.prefetch_related(lines, *(Prefetch(path, rows) for path, rows in things.items()))


def is_assignable(user: User, item: InvoiceItem) -> bool:
    """Whether a person says what the line is of: its text does not tell, or a person has said it before.

    Billing sees no services and domains, and so says it of lines that are of none.
    """
    if not item.description.strip():
        return False
    return not _thing_id(item) or (item.assigned is not None and user.may_hold_keys)


def _thing_id(item: InvoiceItem) -> Any:
    return item.service_id or item.domain_id


def of_order(user: User, order: Order) -> tuple[list[tuple[OrderItem, Cached | None]], Invoice | None]:
    """Its items as our copy has them, each with our row of it, and its invoice."""
    items = list(order.items.all())
    ours: dict[tuple[str, int], Cached] = {}
    for kind, rows in (
        (OrderItem.Kind.SERVICE, access.services_to_view(user)),
        (OrderItem.Kind.DOMAIN, access.domains_to_view(user)),
    ):
        ids = [item.remote_id for item in items if item.kind == kind and item.remote_id]
        found: Iterable[Any] = rows.filter(account=order.account_id, remote_id__in=ids)
        ours |= {(kind, row.remote_id): row for row in found}
    invoices = access.invoices_to_view(user).filter(account=order.account_id)
    invoice = invoices.filter(remote_id=order.invoice_id or 0).first()
    return [(item, ours.get((item.kind, item.remote_id or 0))) for item in items], invoice


def of_email(user: User, email: Email) -> list[Cached]:
    """The services, domains and invoices that its subject names. Nothing else of an e-mail is looked at."""
    words = [word for word in _WORD.findall(email.subject) if "." in word and "@" not in word]
    names = list(dict.fromkeys(map(domain_key, words)))[:_NAMES]
    domains = access.domains_to_view(user).filter(account=email.account_id)
    services = access.services_to_view(user).filter(account=email.account_id)
    return [
        *_named(services, "domain", names, names.__contains__),
        *_named(domains, "name", names, names.__contains__),
        *_invoices_in(user, email),
    ]


def _invoices_in(user: User, email: Email) -> list[Invoice]:
    """An invoice is called by its number, or by its id if it has none. Two of one name: neither."""
    told = _INVOICE.findall(email.subject)
    ids = [int(one) for one in told if one.isascii() and one.isdecimal() and len(one) < 19]
    if not told:
        return []
    invoices = access.invoices_to_view(user).filter(account=email.account_id)
    found = list(invoices.filter(Q(number__in=told) | Q(number="", remote_id__in=ids)))
    names = [invoice.number or str(invoice.remote_id) for invoice in found]
    return [row for row, name in zip(found, names, strict=True) if names.count(name) == 1][:MOST]


def _invoices_of(user: User, row: Service | Domain, items: Any) -> list[Invoice]:
    """Each with ``line``, the text of its first line about the row."""
    invoices: Any = access.invoices_to_view(user).filter(pk__in=items.values("invoice"))
    first = items.filter(invoice=OuterRef("pk")).order_by("position").values("description")
    invoices = invoices.filter(account=row.account_id).annotate(line=Subquery(first[:1]))
    return list(invoices.order_by("-date", "-remote_id")[:MOST])


def _orders_of(
    user: User, row: Service | Domain, kind: OrderItem.Kind, or_else: Q | None = None
) -> list[Order]:
    items = OrderItem.objects.filter(
        kind=kind, remote_id=row.remote_id, order__account=row.account_id
    ).values("order")
    orders = access.orders_to_view(user).filter(account=row.account_id)
    return list(orders.filter(Q(pk__in=items) | (or_else or Q(pk=None))).order_by("-remote_id")[:MOST])


def _domains_above(user: User, service: Service) -> list[Domain]:
    """The domain of the service's host name, else the nearest above it (``a.com`` of ``www.a.com``)."""
    parts = domain_key(service.domain).split(".")
    names = [".".join(parts[place:]) for place in range(len(parts) - 1)][:_NAMES]
    domains = access.domains_to_view(user).filter(account=service.account_id)
    found = _named(domains, "name", names, names.__contains__)
    nearest = max((domain_key(row.name) for row in found), key=len, default="")
    return [row for row in found if domain_key(row.name) == nearest]


def _services_below(user: User, domain: Domain) -> list[Service]:
    """The services at the name and at names below it, but for those of a nearer domain."""
    name = domain_key(domain.name)
    services = access.services_to_view(user).filter(account=domain.account_id)
    found = _named(services, "domain", [name], lambda host: _is_below(host, name))
    others = access.domains_to_view(user).filter(account=domain.account_id).exclude(pk=domain.pk)
    nearer = {key for _pk, key in _keys(others, "name", [name]) if _is_below(key, name)} - {name}
    return [row for row in found if not any(_is_below(domain_key(row.domain), one) for one in nearer)]


def _is_below(host: str, name: str) -> bool:
    return host == name or host.endswith(f".{name}")


def _named(rows: Any, column: str, names: Sequence[str], is_meant: Callable[[str], bool]) -> list[Any]:
    """The rows of which ``is_meant`` takes the ``domain_key``, among those that have one of the names."""
    meant = [pk for pk, key in _keys(rows, column, names) if is_meant(key)][:MOST]
    return list(rows.filter(pk__in=meant).order_by("pk")) if meant else []


def _keys(rows: Any, column: str, names: Sequence[str]) -> list[tuple[Any, str]]:
    """The ``domain_key`` of each row that a search for the names finds: a search ignores accents.

    Only that column is read, since a search for ``example.com`` finds all names below it.
    """
    if not any(names):
        return []
    wanted = reduce(or_, (Q(folded__contains=folded(name)) for name in names if name))
    found = rows.filter(wanted).order_by("pk").values_list("pk", column)[: 10 * MOST]
    return [(pk, domain_key(name)) for pk, name in found]
