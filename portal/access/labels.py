"""The labels whose names a user may know."""

from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from portal.access import figures, rights
from portal.models import Label, Remark, User
from ultahost_api.models import InvoiceItem


def labels_to_see(user: User) -> QuerySet[Label]:
    """Those of services and domains that the user may view, and of the invoice lines that the user may read.

    A label that nothing carries any more is an admin's to see.
    """
    if rights.is_met_by_all(user, rights.to_view):
        return Label.objects.all()
    return Label.objects.filter(pk__in=figures.kept_figures(user, "labels", lambda: _seen(user)))


def _seen(user: User) -> set[UUID]:
    seen = Q()
    for noun in ("service", "domain"):
        is_on_it = Q(**{f"{noun}__isnull": False})
        has_lines = Exists(InvoiceItem.objects.filter(**{noun: OuterRef(noun)}))
        seen |= is_on_it & rights.among(user, rights.to_view, f"{noun}__account")
        seen |= is_on_it & rights.among(user, rights.with_invoices, f"{noun}__account") & Q(has_lines)
    seen |= Q(line__isnull=False) & rights.among(user, rights.with_invoices, "line__account")
    return {*Remark.objects.filter(seen).exclude(label=None).values_list("label", flat=True)}
