"""The labels whose names a user may know."""

from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.shortcuts import get_object_or_404

from portal.access import figures, rights
from portal.models import Label, Remark, Role, User
from ultahost_api.models import InvoiceItem


def labels_to_see(user: User) -> QuerySet[Label]:
    """Those of services and domains that the user may view, and of the invoice lines that the user may read.

    A label that nothing carries any more is an admin's to see.
    """
    if rights.is_met_by_all(user, rights.to_view):
        return Label.objects.all()
    seen = figures.kept_figures(user, "labels", lambda: _seen(user))
    found = Label.objects.filter(pk__in=[label.pk for label in seen])
    found._result_cache = [*seen]  # as if it had been read by itself
    return found


def remarks_to_view(user: User) -> QuerySet[Remark]:
    """Labels that rows and remembered invoice lines carry which the user may see."""
    return Remark.objects.exclude(label=None).filter(_among(user, rights.to_view, rights.with_invoices))


def remarks_to_change(user: User) -> QuerySet[Remark]:
    """Of rows that the user may operate, and of lines of which they may say what these are of."""
    of_lines = rights.with_invoices if user.role == Role.BILLING else rights.to_operate
    return Remark.objects.exclude(label=None).filter(_among(user, rights.to_operate, of_lines))


def label_to_see(user: User, label_id: UUID) -> Label:
    return get_object_or_404(labels_to_see(user), pk=label_id)


def _among(user: User, of_rows: rights.Rule, of_lines: rights.Rule) -> Q:
    """A label of a row of one of the first accounts, or of a line of one of the second."""
    found = Q(line__isnull=False) & rights.among(user, of_lines, "line__account")
    for noun in ("service", "domain"):
        found |= Q(**{f"{noun}__isnull": False}) & rights.among(user, of_rows, f"{noun}__account")
    return found


def _seen(user: User) -> list[Label]:
    seen = Q()
    for noun in ("service", "domain"):
        is_on_it = Q(**{f"{noun}__isnull": False})
        has_lines = Exists(InvoiceItem.objects.filter(**{noun: OuterRef(noun)}))
        seen |= is_on_it & rights.among(user, rights.to_view, f"{noun}__account")
        seen |= is_on_it & rights.among(user, rights.with_invoices, f"{noun}__account") & Q(has_lines)
    seen |= Q(line__isnull=False) & rights.among(user, rights.with_invoices, "line__account")
    carried = Remark.objects.filter(seen).exclude(label=None).order_by()
    return list(Label.objects.filter(pk__in=carried.values("label")))
