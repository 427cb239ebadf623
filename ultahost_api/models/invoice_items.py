import uuid

from django.db import models

from ultahost_api.client.core.amounts import written
from ultahost_api.models.invoices import Invoice


class InvoiceItem(models.Model):
    """A line of an invoice, as its details showed it last; replaced whole."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    invoice = models.ForeignKey(Invoice, models.CASCADE, related_name="items")
    position = models.PositiveIntegerField()
    description = models.TextField(blank=True)
    amount = models.DecimalField(max_digits=15, decimal_places=4, null=True)
    taxed = models.BooleanField(null=True)
    unreadable = models.JSONField(default=dict)  # as of a cached row

    # What it is of, by links; at most one of the two, and neither when the text does not tell.
    service = models.ForeignKey(
        "ultahost_api.Service", models.SET_NULL, null=True, related_name="invoice_items"
    )
    domain = models.ForeignKey(
        "ultahost_api.Domain", models.SET_NULL, null=True, related_name="invoice_items"
    )
    is_renewal = models.BooleanField(default=False, db_default=False)  # of the domain
    # What the text names where it is of neither: a product, and not which of its services.
    product = models.TextField(blank=True, default="", db_default="")
    # What a person said of such lines, which goes before what the text names.
    assigned = models.ForeignKey(
        "ultahost_api.AssignedLine", models.SET_NULL, null=True, related_name="items"
    )

    class Meta:
        ordering = ["position"]

    def __str__(self) -> str:
        return self.description if self.amount is None else f"{self.description} {written(self.amount)}"
