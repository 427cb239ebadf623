import uuid

from django.db import models
from django.db.models import Q

from ultahost_api.models.accounts import Account


class AssignedLine(models.Model):
    """What a person said that lines of one text are of, in all invoices of the account, also in later ones.

    The lines themselves are replaced whole when details are read. Without service and domain, what the lines
    are of is known to the project around this library.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey(Account, models.PROTECT, related_name="+")
    key = models.CharField(max_length=64)  # line_texts.line_key of their text
    service = models.ForeignKey("ultahost_api.Service", models.CASCADE, null=True, related_name="+")
    domain = models.ForeignKey("ultahost_api.Domain", models.CASCADE, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "key"], name="ultahost_line_assigned_once"),
            models.CheckConstraint(
                condition=Q(service=None) | Q(domain=None), name="ultahost_line_assigned_to_one"
            ),
        ]
