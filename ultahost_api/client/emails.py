"""The mails that the provider has sent to the account."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .core.paging import Listable
from .core.row import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Email:
    id: int
    date: datetime | None
    subject: str
    extra: dict[str, Any] = field(default_factory=dict, hash=False)
    unreadable: dict[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailDetails(Email):
    """``message`` is a stranger's HTML and may hold passwords; ``attachments`` are names without content."""

    message: str = field(repr=False)
    to: str
    cc: str
    bcc: str
    attachments: tuple[str, ...]
    pending: bool | None
    failed: bool | None
    failure_reason: str


class Emails(Listable[Email]):
    _action = "get_emails"

    @staticmethod
    def _read(row: Row) -> Email:
        return row.into(Email, **_email(row), extra=row.rest())

    def get(self, id: int) -> EmailDetails:
        return self._client.record("get_email", _details, expect=id, emailid=id)


def _email(row: Row) -> dict[str, Any]:
    return {"id": row.id(), "date": row.moment("date"), "subject": row.text("subject")}


def _details(row: Row) -> EmailDetails:
    return row.into(
        EmailDetails,
        **_email(row),
        message=row.markup("message"),
        to=row.text("to"),
        cc=row.text("cc"),
        bcc=row.text("bcc"),
        attachments=row.texts("attachments"),
        pending=row.flag("pending"),
        failed=row.flag("failed"),
        failure_reason=row.text("failure_reason"),
        extra=row.rest(),
    )
