from django.db import transaction

from portal import audit
from portal.models import Act, SavedView, User


@transaction.atomic
def save(by: User, view: SavedView) -> None:
    """Views of one person alone are not in the audit log: what a person searches for is private."""
    was_shared = SavedView.objects.filter(pk=view.pk, shared=True).exists()
    view.save()
    if view.shared or was_shared:
        act = Act.VIEW_SAVED if view.shared else Act.VIEW_DELETED
        audit.record(by, act, view, listing=view.listing)


@transaction.atomic
def delete(by: User, view: SavedView) -> None:
    if view.shared:
        audit.record(by, Act.VIEW_DELETED, view, listing=view.listing)
    view.delete()
