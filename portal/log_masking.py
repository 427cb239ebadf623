"""Masks everything in log lines that looks like a secret, in case one gets there."""

import logging
import re

from django.db.utils import DatabaseError, InterfaceError

_KEY = re.compile(r"sk_[A-Za-z0-9_]{4,}")
# What opens something by being in an address: links of sharing, calendars, invitations and passwords.
_CAPABILITY = re.compile(
    r"(/s/[^\s/.%]{1,64}(?:\.|%2[eE])|/invitation/|/calendar/|/password/link/|/password/new/[0-9A-Za-z]+-)"
    r"[^\s/?#\"']+"
)


class Masked(logging.Filter):
    """Masks the finished line, its arguments and its traceback alike."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = masked(record.getMessage())
        record.args = None
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = masked(record.exc_text)
        return True


class Short(logging.Filter):
    """Logs a database that is down, full or busy as one line, without a traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, DatabaseError | InterfaceError):
            from portal.running.troubles import trouble_of  # needs the settings, which need this module

            if trouble_of(error):
                first = str(error).strip().partition("\n")[0]
                said = record.getMessage().strip().partition("\n")[0]
                record.msg, record.args = f"{said} ({first})".strip(), None
                record.exc_info = record.exc_text = None
        return True


def masked(text: str) -> str:
    return _CAPABILITY.sub(r"\1…", _KEY.sub("sk_…", text))
