import uuid

from django.db import models
from django.db.models import Case, F, Q, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.models.one_line import OneLineField

LONGEST_LABEL, LONGEST_NOTE = 60, 500


class Label(models.Model):
    """What the team books services, domains and lines of invoices on: a project, a customer, a cost centre.

    Two labels may differ in case alone: to take the spelling of one that a person may not see would show it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = OneLineField(pgettext_lazy("team", "label"), max_length=LONGEST_LABEL, unique=True)

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


class Remark(models.Model):
    """The label and the note of a service or a domain, or the label of lines of invoices that are of neither.

    It is ours, so that no refresh changes it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    service = models.OneToOneField("ultahost_api.Service", models.CASCADE, null=True, related_name="remark")
    domain = models.OneToOneField("ultahost_api.Domain", models.CASCADE, null=True, related_name="remark")
    line = models.OneToOneField("ultahost_api.AssignedLine", models.CASCADE, null=True, related_name="remark")
    label = models.ForeignKey(Label, models.PROTECT, null=True, related_name="remarks")
    note = OneLineField(_("note"), max_length=LONGEST_NOTE, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(service__isnull=False, domain=None, line=None)
                | Q(service=None, domain__isnull=False, line=None)
                | Q(service=None, domain=None, line__isnull=False),
                name="portal_remark_on_one",
            )
        ]

    def __str__(self) -> str:
        return "\n".join(filter(None, [self.label.name if self.label else "", self.note]))


def label_of_line(column: str = "label") -> Coalesce:
    """An expression on InvoiceItem: the label said of the line itself, else that of what it is of.

    Its name is ``label_of_line("label__name")``; None is "no label". A link into another account gives none.
    """
    of_things = (
        Case(When(**{f"{noun}__account": F("invoice__account")}, then=F(f"{noun}__remark__{column}")))
        for noun in ("service", "domain")
    )
    return Coalesce(F(f"assigned__remark__{column}"), *of_things)
