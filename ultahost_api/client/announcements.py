"""The provider's news."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .core.paging import Listable
from .core.row import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    id: int
    date: datetime | None
    title: str
    extra: dict[str, Any] = field(default_factory=dict, hash=False)
    unreadable: dict[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncementDetails(Announcement):
    """``body`` is a stranger's HTML."""

    body: str
    published: bool | None
    parent_id: int | None
    language: str
    created_at: datetime | None
    updated_at: datetime | None


class Announcements(Listable[Announcement]):
    _action = "get_announcements"

    @staticmethod
    def _read(row: Row) -> Announcement:
        return row.into(Announcement, **_announcement(row), extra=row.rest())

    def get(self, id: int) -> AnnouncementDetails:
        return self._client.record("get_announcement", _details, expect=id, announcementid=id)


def _announcement(row: Row) -> dict[str, Any]:
    return {"id": row.id(), "date": row.moment("date"), "title": row.text("title")}


def _details(row: Row) -> AnnouncementDetails:
    return row.into(
        AnnouncementDetails,
        **_announcement(row),
        body=row.markup("announcement"),
        published=row.flag("published"),
        parent_id=row.number("parentid") or None,
        language=row.text("language"),
        created_at=row.moment("created_at"),
        updated_at=row.moment("updated_at"),
        extra=row.rest(),
    )
