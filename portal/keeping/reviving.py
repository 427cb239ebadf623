"""A database that was put back is of another day: what it says about now is not so."""

from django.db import transaction
from django.utils import timezone

from portal.models import FirstAdminToken, Invitation, Notification
from ultahost_api import reviving


@transaction.atomic
def revive() -> None:
    """Sessions and caches are in no backup. Links that work once may have been used since, and mails sent."""
    reviving.revive()
    FirstAdminToken.objects.all().delete()
    Invitation.objects.valid().update(expires_at=timezone.now())
    Notification.objects.waiting().update(state=Notification.State.TRIED)
