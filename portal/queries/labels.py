"""Which label a line of an invoice has."""

from django.db.models import Case, F, When
from django.db.models.functions import Coalesce


def label_of_line(column: str = "label") -> Coalesce:
    """An expression on InvoiceItem: the label said of the line itself, else that of what it is of.

    Its name is ``label_of_line("label__name")``; None is "no label". A link into another account gives none.
    """
    of_things = (
        Case(When(**{f"{noun}__account": F("invoice__account")}, then=F(f"{noun}__remark__{column}")))
        for noun in ("service", "domain")
    )
    return Coalesce(F(f"assigned__remark__{column}"), *of_things)
