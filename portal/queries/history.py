"""The list of changes, and the history of one row: its events and the operations on it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from portal import access
from portal.models import User
from portal.queries.deeds import Deeds
from portal.wording.events import subject, url_of, words
from portal.wording.links import href
from ultahost_api.models import Account, Event, Operation
from ultahost_api.models.cached import Cached

_MOST = 30  # entries of a row's history


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a history or of the list of changes. Empty fields are not shown."""

    at: datetime
    text: str
    subject: str = ""
    account: Account | None = None
    url: str = ""
    who: str = ""
    status: str = ""


def feed(events: Iterable[Event]) -> list[Entry]:
    """One entry for each event. Links need no query, because an event names its row."""
    return [
        Entry(
            event.at,
            words(event),
            subject=subject(event),
            account=event.account,
            url=url_of(event),
        )
        for event in events
    ]


def history(user: User, row: Cached) -> list[Entry]:
    """The changes of one row and the operations on it, newest first."""
    events = [
        Entry(event.at, words(event)) for event in Event.objects.about(row).select_related("account")[:_MOST]
    ]
    operations = access.operations_about(user, row).select_related("account")[:_MOST]
    deeds = Deeds(user, operations, are_here=True)
    sent = [_sent(user, operation, deeds) for operation in operations]
    return sorted([*events, *sent], key=lambda entry: entry.at, reverse=True)[:_MOST]


def _sent(user: User, operation: Operation, deeds: Deeds) -> Entry:
    """Only the sender and admins may open its page. The words of one that took effect say so."""
    theirs = user.is_admin or operation.user_id == user.pk
    return Entry(
        operation.created_at,
        deeds.words_here(operation),
        who=str(operation.user),
        status="" if operation.took_effect else operation.state,
        url=href("operation", operation.pk) if theirs else "",
    )
