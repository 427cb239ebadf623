import uuid
from decimal import Decimal
from itertools import chain
from typing import Any, Self

from django.db import models
from django.db.models import Case, Count, Exists, F, Min, OuterRef, Q, Subquery, Sum, Value, When, Window
from django.db.models.functions import RowNumber

from ultahost_api import conf
from ultahost_api.models.api_keys import ApiKey
from ultahost_api.models.cached import Cached, CachedQuerySet
from ultahost_api.models.invoice_statuses import (
    ASKED_FOR,
    CREDIT,
    IS_OPEN,
    MAY_BE_OPEN,
    NOT_SPENT,
    OPEN,
    OPEN_INVOICE,
    OVERDUE,
    PAYABLE,
    derived,
    is_overdue,
    payment_status,
)
from ultahost_api.models.invoice_totals import (
    CurrencyTotals,
    FilteredTotals,
    Owed,
    States,
    add_filtered,
    add_states,
    added,
    details_unread,
    filtered_totals,
    states_of,
)
from ultahost_api.models.operations import Operation
from ultahost_api.models.sorting import Filled, kept, sorted_by, unreadable, without_index


class InvoiceQuerySet(CachedQuerySet["Invoice"]):
    def in_status(self, status: str) -> Self:
        """Those that show this status, or all that are open."""
        if status == ASKED_FOR:
            return self.filter(OPEN_INVOICE)
        words = derived()
        if status not in dict(words) and status not in OPEN:  # nothing is derived from it
            return self.filter(status=status)
        shown = Q(status=status)
        for word, condition in reversed(words):
            shown = condition | shown if word == status else ~condition & shown
        return self.filter(shown, MAY_BE_OPEN) if status in dict(words) else self.filter(shown)

    def with_derived_status(self) -> Self:
        """``derived_status`` is what ``shown_status`` says, for the database to count."""
        cases = [When(condition, then=Value(status)) for status, condition in derived()]
        return self.annotate(derived_status=Case(*cases, default=F("status")))

    def of_plain_status(self) -> Self:
        """Those that show the status that is stored, whatever the day: most, and so the quickest to count."""
        return self.exclude(IS_OPEN)

    def of_derived_status(self) -> Self:
        """The others. Another status may be derived from theirs."""
        return self.filter(IS_OPEN).with_derived_status()

    def open(self) -> Self:
        return self.present().filter(OPEN_INVOICE)

    def that_cost(self) -> Self:
        """Without those that only pay others or add credit: what they ask for is asked for elsewhere."""
        return self.filter(only_moves_money=False)

    def payable(self) -> Self:
        """As ``Invoice.is_payable`` has it: also of a known total, since a person agrees to it."""
        return self.present().filter(status=PAYABLE, total__gt=0)

    def overdue(self) -> Self:
        return self.present().filter(IS_OPEN, is_overdue(conf.today()))

    def counted(self) -> Self:
        """Those that are spend: issued, not cancelled, and not only moving money."""
        return self.present().exclude(status__in=NOT_SPENT).filter(only_moves_money=False)

    def not_counted(self) -> Self:
        """The others that are present."""
        return self.present().filter(Q(status__in=NOT_SPENT) | Q(only_moves_money=True))

    def oldest_of_each(self) -> Self:
        """One invoice for each account and currency, and what all of them come to.

        ``group_count`` counts them, ``group_moved`` those that only pay others or add credit, ``group_total``
        adds up the rest, ``group_known`` counts those of which that is known.
        """
        group = [F("account"), F("currency")]
        order = [F("due_date").asc(nulls_last=True), F("remote_id").asc()]
        costs = Q(only_moves_money=False)
        grouped = self.annotate(
            group_place=Window(RowNumber(), partition_by=group, order_by=order),
            group_count=Window(Count("pk"), partition_by=group),
            group_moved=Window(Count("pk", filter=~costs), partition_by=group),
            group_known=Window(Count("pk", filter=Q(total__isnull=False) | ~costs), partition_by=group),
            group_total=Window(Sum("total", filter=costs), partition_by=group),
        )
        return grouped.filter(group_place=1)

    def overdue_or_without_key(self) -> Self:
        """Overdue ones of accounts that a key opens (``has_working_key``), and all unpaid ones of others."""
        keys = ApiKey.objects.usable().filter(account=OuterRef("account")).order_by()
        unpaid = self.open().filter(status=PAYABLE).annotate(has_working_key=Exists(keys))
        return unpaid.filter(is_overdue(conf.today()) | Q(has_working_key=False))

    def with_payments(self) -> Self:
        """Each knows of a payment whose outcome is open; on its own it does not."""
        return self.annotate(payment_state=Subquery(Operation.objects.paying().values("state")[:1]))

    def without_payment(self) -> Self:
        """Those that no payment is being made of, nor may have been made of."""
        return self.filter(~Exists(Operation.objects.paying()))

    def by_currency(self, *, every_year: bool = False) -> "list[CurrencyTotals]":
        """What is owed and what was paid, per currency: two currencies are never added together.

        Credits are open invoices below zero; no other sum holds them. "Paid" is of this year unless
        ``every_year``. It sums ``total`` by invoice date: the provider tells no date of payment, and
        ``total`` is what remained after credit.
        """
        return add_states(self.states_by_account(every_year=every_year).values())

    def states_by_account(self, *, every_year: bool = False) -> dict[uuid.UUID, States]:
        """The same of each account that has any, by the account's id, for ``add_states``."""
        found: dict[uuid.UUID, States] = {}
        for account, currency, state, told in states_of(self.present(), conf.today(), every_year=every_year):
            found.setdefault(account, {}).setdefault(currency, {})[state] = told
        return found

    def totalled(self) -> "list[FilteredTotals]":
        """What exactly these invoices come to, whatever their status. A net sum needs the details."""
        return add_filtered(chain.from_iterable(self.totalled_by_account().values()))

    def totalled_by_account(self) -> "dict[uuid.UUID, list[FilteredTotals]]":
        """The same of each account that has any of them, by the account's id, in the order of an index."""
        sums = {"net": Sum("subtotal"), "first_tax": Sum("tax"), "second_tax": Sum("tax2")} | {
            "whole": Sum("total"),
            "used": Sum("credit"),
            "paid": Sum("total", filter=Q(status="Paid")),
            "open": Sum("total", filter=OPEN_INVOICE),
        }
        counted = {"unread": Q(total=None), "undetailed": Q(detailed_at=None)}
        counted |= {"details_unread": details_unread(self)}
        counts = {name: Count("currency", filter=condition) for name, condition in counted.items()}
        group = ("account", "currency", "only_moves_money")
        # An index of a status alone would have every row read.
        rows: Any = without_index(self, "status", "exact").order_by(*group).values(*group)
        found: dict[uuid.UUID, list[FilteredTotals]] = {}
        for row in rows.annotate(count=Count("*"), **sums, **counts):
            found.setdefault(row["account"], []).append(filtered_totals(row))
        return {account: add_filtered(some) for account, some in found.items()}

    def owed(self) -> "dict[uuid.UUID, list[Owed]]":
        """What is open of each account that owes anything, by the account's id: a sum per currency."""
        sums: Any = self.open().that_cost().order_by("currency").values("account", "currency")
        owed: dict[uuid.UUID, list[Owed]] = {}
        first_due = Min("due_date", filter=Q(status=PAYABLE))
        unread = Count("currency", filter=Q(total=None))
        for row in sums.annotate(sum=Sum("total"), first_due=first_due, unread=unread):
            one = Owed(row["currency"], added(row["sum"]), row["first_due"], row["unread"])
            owed.setdefault(row["account"], []).append(one)
        return owed


class Invoice(Cached):
    """A bill. ``total`` is what remains after credit; ``currency`` is the account's when first stored."""

    searched = ("number", "remote_id", "total", "payment_method", "lines")

    number = models.TextField(blank=True)
    date = models.DateField(null=True)
    due_date = models.DateField(null=True)
    total = models.DecimalField(max_digits=15, decimal_places=4, null=True)
    currency = models.CharField(max_length=10)
    status = models.CharField(max_length=255, blank=True)
    payment_method = models.TextField(blank=True)

    subtotal = models.DecimalField(max_digits=15, decimal_places=4, null=True)
    credit = models.DecimalField(max_digits=15, decimal_places=4, null=True)
    tax = models.DecimalField(max_digits=15, decimal_places=4, null=True)
    tax2 = models.DecimalField(max_digits=15, decimal_places=4, null=True)
    notes = models.TextField(blank=True)
    lines = models.TextField(default="", db_default="", editable=False)  # its items in words, for searches
    # A mass payment of other invoices, or a deposit: it is shown, and counted in no sum.
    only_moves_money = models.BooleanField(default=False, db_default=False)

    payment_state: str | None = None  # set by with_payments
    has_working_key: bool  # set by overdue_or_without_key
    group_count: int  # these four set by oldest_of_each
    group_moved: int
    group_known: int
    group_total: Decimal | None
    objects = InvoiceQuerySet.as_manager()

    class Meta(Cached.Meta):
        indexes = [
            models.Index(fields=["account", "gone_at", "status"]),
            # All that the sums read, so that they read no row, in the order that they group it by.
            kept(
                "ultahost_invoice_sums",
                "account",
                "currency",
                "only_moves_money",
                "status",
                "date",
                "due_date",
                "total",
                "subtotal",
                "tax",
                "tax2",
                "credit",
                "detailed_at",
                "id",
                "gone_at",
            ),
            # With a status, by date; what the sums of these read stands in it too.
            kept(
                "ultahost_invoice_statuses",
                "status",
                "date",
                "remote_id",
                "id",
                "currency",
                "due_date",
                "total",
                "account",
            ),
            # The few that are asked for, with all that is counted and added up of them.
            kept(
                "ultahost_invoice_open",
                "account",
                "currency",
                "due_date",
                "total",
                "only_moves_money",
                "status",
                "id",
                "gone_at",
                only=MAY_BE_OPEN,
            ),
            sorted_by("ultahost_invoice_by_date", "date", "remote_id"),
            sorted_by("ultahost_invoice_by_due_date", "due_date", "remote_id"),
            sorted_by("ultahost_invoice_by_status", Filled("status"), "due_date"),
            sorted_by("ultahost_invoice_by_total", "total"),
            sorted_by("ultahost_invoice_by_number", Filled("number"), "remote_id"),
            unreadable("ultahost_invoice_unreadable"),
        ]

    def __str__(self) -> str:
        return self.number or f"#{self.remote_id}"

    @property
    def is_overdue(self) -> bool:
        is_past = self.due_date is not None and self.due_date < conf.today()
        return self.status == "Unpaid" and is_past and (self.total is None or self.total > 0)

    @property
    def is_payable(self) -> bool:
        return not self.why_not_payable

    @property
    def why_not_payable(self) -> str:
        """Empty if it can be paid.

        "pending": a payment of it is open; "total": that could not be read; "settled": it asks for nothing.
        """
        if self.payment_state:
            return "pending"
        if self.status != PAYABLE or self.is_gone:
            return "settled"
        if self.total is None:
            return "total"
        return "" if self.total > 0 else "settled"

    @property
    def things(self) -> list[Cached]:
        """The services and domains that its lines name, each once; read ahead for several invoices."""
        named = (item.service or item.domain for item in self.items.all())
        return list(dict.fromkeys(thing for thing in named if thing))

    @property
    def is_counted(self) -> bool:
        """Whether it is one of ``counted``."""
        return self.status not in NOT_SPENT and not self.only_moves_money and not self.is_gone

    @property
    def both_taxes(self) -> Decimal | None:
        """Tax and second tax together; None before the details are read, or if one could not be read."""
        if not self.is_detailed or "tax" in self.unreadable or "tax2" in self.unreadable:
            return None
        return (self.tax or Decimal(0)) + (self.tax2 or Decimal(0))

    @property
    def paid_total(self) -> Decimal | None:
        """As far as the provider tells: the whole total or nothing."""
        return self.total if self.status == "Paid" else Decimal(0)

    @property
    def is_credit(self) -> bool:
        return self.total is not None and self.total < 0

    @property
    def shown_status(self) -> str:
        if self.payment_state and self.status == PAYABLE:
            return payment_status(self.payment_state)
        if self.is_credit and self.status in OPEN:
            return CREDIT
        return OVERDUE if self.is_overdue else self.status
