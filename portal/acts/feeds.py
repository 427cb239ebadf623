"""Making and revoking calendar feeds."""

from collections.abc import Sequence

from django.db import transaction

from portal import audit
from portal.acts import secret_links
from portal.models import Act, CalendarFeed, User


def make(by: User, kinds: Sequence[str]) -> str:
    """The address of the person's new feed, to be shown once. The one before stops working."""
    secret = CalendarFeed.new_secret()
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(
            pk=by.pk
        )  # two requests at once make one after the other
        CalendarFeed.objects.filter(person=by).revoke()
        CalendarFeed.objects.create(person=by, hash=CalendarFeed.hash_of(secret), kinds=list(kinds))
        audit.record(by, Act.FEED_MADE, by, kinds=", ".join(kinds))
    return secret_links.address_of("calendar", secret)


@transaction.atomic
def revoke(by: User, person: User) -> None:
    """Does nothing if the person has no feed."""
    if CalendarFeed.objects.filter(person=person).revoke():
        audit.record(by, Act.FEED_REVOKED, person)
