import uuid

from django.db import models

from ultahost_api.models.cached import Cached, CachedQuerySet
from ultahost_api.models.sorting import Filled, kept, sorted_by, unreadable


class Order(Cached):
    """Something ordered. ``number`` is the one that people quote. Invoice and items come with the details."""

    searched = ("number", "payment_method", "remote_id", "amount", "things")
    searched_through = ("items",)

    number = models.TextField(blank=True)
    date = models.DateTimeField(null=True)
    amount = models.DecimalField(max_digits=15, decimal_places=4, null=True)
    status = models.CharField(max_length=255, blank=True)
    payment_method = models.TextField(blank=True)
    currency = models.CharField(max_length=10, blank=True, default="", db_default="")  # as of an invoice

    invoice_id = models.BigIntegerField(null=True)  # the provider's, as ``Invoice.remote_id``

    objects = CachedQuerySet["Order"].as_manager()

    class Meta(Cached.Meta):
        indexes = [
            models.Index(fields=["account", "gone_at", "status"]),
            kept("ultahost_order_statuses", "status", "date", "remote_id", "id"),
            sorted_by("ultahost_order_by_number", Filled("number"), "remote_id"),
            sorted_by("ultahost_order_by_status", Filled("status"), "date"),
            sorted_by("ultahost_order_by_date", "date", "remote_id"),
            sorted_by("ultahost_order_by_amount", "amount"),
            unreadable("ultahost_order_unreadable"),
            models.Index(fields=["account", "invoice_id"]),
        ]

    def __str__(self) -> str:
        return f"#{self.number or self.remote_id}"

    @property
    def things(self) -> list[str]:
        """What was ordered, as its details told it last; nothing until they were read."""
        return [] if self._state.adding else [item.text for item in self.items.all() if item.text]


class OrderItem(models.Model):
    """A service or domain of an order, as its details showed it last; replaced whole.

    It keeps the provider's id of the thing: our row of that may come later, and is found by account and id.
    """

    class Kind(models.TextChoices):
        SERVICE = "service"
        DOMAIN = "domain"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    order = models.ForeignKey(Order, models.CASCADE, related_name="items")
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=Kind)
    remote_id = models.BigIntegerField(null=True)
    text = models.TextField(blank=True)

    class Meta:
        ordering = ["position"]
        indexes = [models.Index(fields=["kind", "remote_id"])]
