from django.db import transaction

from portal import access, audit
from portal.acts.shared_rows import locked
from portal.models import Act, SavedView, User


@transaction.atomic
def save(by: User, view: SavedView) -> None:
    """Views of one person alone are not in the audit log: what a person searches for is private."""
    was_shared = SavedView.objects.filter(pk=view.pk, shared=True).exists()
    view.save()
    if view.shared or was_shared:
        act = Act.VIEW_SAVED if view.shared else Act.VIEW_DELETED
        audit.record(by, act, view, listing=view.listing)


def delete(by: User, view: SavedView) -> None:
    with locked(view):
        view = access.saved_view_to_change(by, view.pk)  # its maker may have taken it back
        if view.shared:
            audit.record(by, Act.VIEW_DELETED, view, listing=view.listing)
        view.delete()
