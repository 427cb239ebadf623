"""What falls due as a file for calendars (RFC 5545).

Without METHOD: with one the file would be a message between people, in which each event needs an organizer.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from icalendar import Calendar, Event

from portal.wording import agenda, formats
from portal.wording.agenda import Kind

_AGAIN = timedelta(hours=1)
_BEGIN = datetime(2020, 1, 1, tzinfo=UTC)  # of the numbers of revisions, which have 31 bits
_INVISIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x85\u2028\u2029]")


def written(name: str, entries: Iterable[tuple[Any, str]]) -> bytes:
    """Each entry with the address of its page."""
    calendar, name = Calendar(), _INVISIBLE.sub(" ", name)
    calendar.add("prodid", "-//Ultahost team portal//Agenda//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)  # the same for Google and Apple, which know no NAME
    calendar.add("refresh-interval", _AGAIN, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")  # for Outlook
    for entry, address in entries:
        calendar.add_component(_event(entry, address))
    return calendar.to_ical()


def _event(entry: Any, address: str) -> Event:
    """A whole day, without a time: it is the same day in every time zone."""
    event = Event()
    event.add("uid", uid(entry))
    event.add("dtstamp", entry.row.changed_at)
    event.add("last-modified", entry.row.changed_at)
    # Google leaves an event that it has as it is, unless this number has grown.
    event.add("sequence", max(0, int((entry.row.changed_at - _BEGIN).total_seconds())))
    event.add("dtstart", entry.day)
    event.add("dtend", entry.day + timedelta(days=1))
    event.add("summary", _summary(entry))
    event.add("categories", [str(entry.kind.label)])
    event.add("url", address)
    event.add("transp", "TRANSPARENT")  # the time stays free
    return event


def uid(entry: Any) -> str:
    """Of the row and the cycle, not of the day or the amount: a calendar moves the event that it has."""
    return f"{entry.kind}-{entry.row.pk}" + (f"-{entry.turn}" if entry.turn else "")


def _summary(entry: Any) -> str:
    words = [agenda.title(entry)]
    if entry.is_counted or entry.kind in (Kind.QUOTES, Kind.INVOICES):
        words.append(formats.money(entry.amount, entry.currency))
    if entry.is_expected:
        words.append(agenda.expected())
    # Strict calendars refuse the whole file for one invisible character in a name.
    return _INVISIBLE.sub(" ", f"{' · '.join(words)} ({entry.row.account})")
