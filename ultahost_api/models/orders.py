from django.db import models

from ultahost_api.models.cached import Cached, CachedQuerySet
from ultahost_api.models.sorting import Filled, kept, sorted_by, unreadable


class Order(Cached):
    """Something ordered. ``number`` is the one that people quote; lines and invoice are read live."""

    searched = ("number", "payment_method")

    number = models.TextField(blank=True)
    date = models.DateTimeField(null=True)
    amount = models.DecimalField(max_digits=15, decimal_places=4, null=True)
    status = models.CharField(max_length=255, blank=True)
    payment_method = models.TextField(blank=True)

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
        ]

    def __str__(self) -> str:
        return f"#{self.number or self.remote_id}"
