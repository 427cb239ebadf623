"""Sessions in the database.

A row's key is a keyed digest of the cookie, so a reader of the table cannot sign in.
"""

from copy import deepcopy
from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import SessionBase, UpdateError
from django.contrib.sessions.base_session import AbstractBaseSession
from django.utils import timezone

from ultahost_api.crypto.digests import keyed_digest
from ultahost_api.models.locks import CANNOT_WRITE, dispensable


def row_key(session_key: str) -> str:
    """The key of the session's row, as long as its column."""
    return keyed_digest("session", session_key)[:40]


class SessionStore(db.SessionStore):
    """``session_key`` is the cookie's; only the rows have the other one."""

    # Django's own for this store ask for rows by themselves; these call the methods below.
    aexists, acreate, asave, adelete, aload = (
        *(SessionBase.aexists, SessionBase.acreate, SessionBase.asave),
        *(SessionBase.adelete, SessionBase.aload),
    )

    _noted: dict[str, Any] | None = None

    def note(self, name: str, value: Any) -> None:
        """Set a value that may be lost: without another change the session does not wait for the lock."""
        is_alone = not self.modified
        self[name] = value
        self._noted = deepcopy(dict(self.items())) if is_alone else None

    def save(self, must_create: bool = False) -> None:
        if self._noted is None or self._noted != dict(self.items()):
            self._save(must_create)
            return
        with dispensable():
            self._save(must_create)

    def _save(self, must_create: bool) -> None:
        try:
            super().save(must_create)
        except UpdateError as error:  # Django says so of every trouble: that the session was ended meanwhile
            if isinstance(error.__context__, CANNOT_WRITE):
                raise error.__context__ from None
            raise

    def _get_session_from_db(self) -> AbstractBaseSession | None:
        # Written out, as each request asks it: Django would take longer to build it than it takes to run.
        named = "SELECT * FROM django_session WHERE session_key = %s"
        for row in self.model.objects.raw(named, [row_key(str(self.session_key))]):
            if row.expire_date > timezone.now():
                return row
        self._session_key = None
        return None

    def exists(self, session_key: str) -> bool:
        return super().exists(row_key(session_key))

    def delete(self, session_key: str | None = None) -> None:
        if key := session_key or self.session_key:
            super().delete(row_key(key))

    def create_model_instance(self, data: dict[str, Any]) -> AbstractBaseSession:
        instance = super().create_model_instance(data)
        instance.session_key = row_key(instance.session_key)
        return instance
