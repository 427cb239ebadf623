"""The calendar feed of a person: theirs alone."""

from portal.models import CalendarFeed, User


def feed_of(user: User) -> CalendarFeed | None:
    return CalendarFeed.objects.live().filter(person=user).first()


def feed_opened_by(secret: str) -> CalendarFeed | None:
    """What it shows is what its person may see now."""
    found = CalendarFeed.objects.live().filter(hash=CalendarFeed.hash_of(secret))
    return found.select_related("person").first()
