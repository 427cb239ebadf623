"""A database that was put back is of another day: what it says about now is not so."""

from django.db import transaction
from django.utils import timezone

from portal.models import (
    CalendarFeed,
    FirstAdminToken,
    Invitation,
    Notification,
    PasswordLink,
    ShareLink,
    User,
)
from ultahost_api.refresh import after_restore


@transaction.atomic
def revive() -> None:
    """Sessions and caches are in no backup. Links may have been used or revoked since, and mails sent."""
    after_restore.revive()
    FirstAdminToken.objects.all().delete()
    now = timezone.now()
    Invitation.objects.valid().update(expires_at=now)
    ShareLink.objects.filter(revoked_at=None).update(revoked_at=now)
    CalendarFeed.objects.all().revoke()
    PasswordLink.objects.open().update(revoked_at=now)
    User.objects.update(
        last_login=now
    )  # a mailed link for a forgotten password holds only until the next sign-in
    Notification.objects.waiting().update(state=Notification.State.TRIED)
