from datetime import timedelta
from typing import Self

from django.db import models
from django.db.models.functions import Coalesce

from ultahost_api import conf
from ultahost_api.models.cached import Cached, CachedQuerySet

_SOON = timedelta(days=30)


class DomainQuerySet(CachedQuerySet["Domain"]):
    def with_end(self) -> Self:
        """``ends_on``: the expiry where it is known, else the due date."""
        return self.annotate(ends_on=Coalesce("expiry_date", "next_due_date"))

    def by_end(self) -> Self:
        return self.with_end().order_by("ends_on", "pk")

    def ending_soon(self) -> Self:
        """Active domains that end within 30 days, or have ended."""
        horizon = conf.today() + _SOON
        return self.present().with_end().filter(status="Active", ends_on__lte=horizon)

    def without_auto_renew(self) -> Self:
        """Known to be off: a domain whose details were never read is not among them."""
        return self.present().filter(auto_renew=False)


class Domain(Cached):
    """A domain name. Its due date and its expiry are two dates, and the expiry can be unknown."""

    name = models.CharField(max_length=255, blank=True)
    first_payment_amount = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    recurring_amount = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    registration_period = models.PositiveIntegerField(null=True)  # years
    registration_date = models.DateField(null=True)
    next_due_date = models.DateField(null=True)
    status = models.CharField(max_length=60, blank=True)
    registrar = models.CharField(max_length=255, blank=True)

    order_id = models.BigIntegerField(null=True)
    type = models.CharField(max_length=60, blank=True)
    expiry_date = models.DateField(null=True)
    next_invoice_date = models.DateField(null=True)
    payment_method = models.CharField(max_length=255, blank=True)
    dns_management = models.BooleanField(null=True)
    email_forwarding = models.BooleanField(null=True)
    id_protection = models.BooleanField(null=True)
    is_premium = models.BooleanField(null=True)
    auto_renew = models.BooleanField(null=True)  # a renewal invoice is raised; null is "not read yet"
    notes = models.TextField(blank=True)

    objects = DomainQuerySet.as_manager()

    class Meta(Cached.Meta):
        indexes = [
            models.Index(fields=["account", "gone_at", "status"]),
            models.Index(fields=["next_due_date"]),
        ]

    def __str__(self) -> str:
        return self.name or f"#{self.remote_id}"

    @property
    def ends_soon(self) -> bool:
        end = self.expiry_date or self.next_due_date
        return self.status == "Active" and end is not None and end <= conf.today() + _SOON
