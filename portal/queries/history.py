"""The list of changes, and the history of one row: its events and the operations on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal import access
from portal.models import User
from portal.queries.deeds import Deeds
from portal.wording.events import subject, url_of, words
from portal.wording.links import href
from ultahost_api.models import Account, Event, Noun, Operation
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


def feed(user: User, events: Sequence[Event]) -> list[Entry]:
    """One entry for each event. Links need no query, because an event names its row."""
    told = currencies(user, events)
    return [
        Entry(
            event.at,
            words(event, told.get(event.row_id, "")),
            subject=subject(event),
            account=event.account,
            url=url_of(event),
        )
        for event in events
    ]


def currencies(user: User, events: Sequence[Event]) -> Mapping[UUID | None, str]:
    """Of the invoices of these events, by id. It is asked for only where an account had another before."""
    about = [one for one in events if one.noun == Noun.INVOICES and one.account.former_currency]
    ids = {event.row_id for event in about if event.row_id}
    if not ids:
        return {}
    invoices = access.invoices_to_view(user).filter(pk__in=ids).order_by()
    return dict(invoices.values_list("pk", "currency"))


def history(user: User, row: Cached) -> list[Entry]:
    """The changes of one row and the operations on it, newest first."""
    found, currency = Event.objects.about(row).select_related("account")[:_MOST], getattr(row, "currency", "")
    events = [Entry(event.at, words(event, currency)) for event in found]
    operations = access.operations_about(user, row).select_related("account")[:_MOST]
    deeds = Deeds(user, operations, are_here=True)
    sent = [_sent(user, operation, deeds, row) for operation in operations]
    return sorted([*events, *sent], key=lambda entry: entry.at, reverse=True)[:_MOST]


def _sent(user: User, operation: Operation, deeds: Deeds, row: Cached) -> Entry:
    """Only the sender and admins may open its page. The words of one that took effect say so."""
    theirs = user.is_admin or operation.user_id == user.pk
    return Entry(
        operation.created_at,
        deeds.words_here(operation, row),
        who=str(operation.user),
        status="" if operation.took_effect else operation.state,
        url=href("operation", operation.pk) if theirs else "",
    )
