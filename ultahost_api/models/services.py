from typing import Self

from django.db import models
from django.db.models import OuterRef, Subquery

from ultahost_api.models.cached import Cached, CachedQuerySet
from ultahost_api.models.events import status_since
from ultahost_api.models.invoices import Invoice
from ultahost_api.models.sorting import Filled, kept, sorted_by, unreadable


class ServiceQuerySet(CachedQuerySet["Service"]):
    def needing_attention(self) -> Self:
        return self.present().filter(status="Suspended")

    def undated(self) -> Self:
        """Active ones that cost something and have no due date: also those of a cycle that never recurs."""
        return self.present().filter(status="Active", next_due_date=None).exclude(amount=0)

    def with_suspension(self) -> Self:
        """``since``: when it was first seen so, in this order. ``unpaid_invoice``: its oldest overdue one."""
        overdue = Invoice.objects.overdue().filter(items__service=OuterRef("pk"))
        oldest = overdue.order_by("due_date", "remote_id").values("pk")[:1]
        found = self.annotate(since=status_since(), unpaid_invoice=Subquery(oldest))
        return found.order_by("since", "pk")


class Service(Cached):
    """A hosting product or server. Addresses and nameservers come with the details."""

    searched = ("domain", "product_name", "dedicated_ip", "assigned_ips", "remote_id", "amount", "own_words")

    product_name = models.TextField(blank=True)
    domain = models.TextField(blank=True)
    amount = models.DecimalField(max_digits=15, decimal_places=4, null=True)
    billing_cycle = models.CharField(max_length=255, blank=True)
    next_due_date = models.DateField(null=True)
    next_invoice_date = models.DateField(null=True)
    status = models.CharField(max_length=255, blank=True)
    registration_date = models.DateField(null=True)

    dedicated_ip = models.TextField(blank=True)
    assigned_ips = models.JSONField(default=list)
    nameservers = models.JSONField(default=list)
    # What the project around this library says of it, for searches; no refresh changes it.
    own_words = models.TextField(default="", db_default="", editable=False)

    objects = ServiceQuerySet.as_manager()

    class Meta(Cached.Meta):
        indexes = [
            models.Index(fields=["account", "gone_at", "status"]),
            kept("ultahost_service_statuses", "status", "next_due_date", "id"),
            # All that the run rate and the agenda read of what recurs, in the order that they group it by.
            kept(
                "ultahost_service_recurring",
                "status",
                "billing_cycle",
                "next_due_date",
                "account",
                "amount",
                "remote_id",
                "id",
                "gone_at",
            ),
            sorted_by("ultahost_service_by_domain", Filled("domain"), Filled("product_name")),
            sorted_by("ultahost_service_by_status", Filled("status"), "next_due_date"),
            sorted_by("ultahost_service_by_due_date", "next_due_date"),
            sorted_by("ultahost_service_by_amount", "amount"),
            unreadable("ultahost_service_unreadable"),
        ]

    def __str__(self) -> str:
        return self.domain or self.product_name or f"#{self.remote_id}"
