"""Whether the database is of this version of the portal."""

from functools import cache

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from portal.running import CannotStart

_ready = False  # once and for all: an upgrade of the database does not stop who is at work


def is_ready() -> bool:
    """False on a database that still has to be migrated."""
    global _ready
    _ready = _ready or _known() <= _applied()
    return _ready


def refuse_newer() -> None:
    """CannotStart on a database that a newer version has changed: rows of today would break its rules."""
    # Of an app that is no longer installed nothing is known either.
    apps = {app for app, _ in _known()}
    newer = sorted(f"{app}.{name}" for app, name in _applied() - _known() if app in apps)
    if newer:
        raise CannotStart(
            f"The database belongs to a newer version of the portal (it has {newer[-1]}): start that version,"
            " or restore a backup that this one made."
        )


@cache
def _known() -> set[tuple[str, str]]:
    loader = MigrationLoader(None)
    replaced = {key for migration in loader.disk_migrations.values() for key in migration.replaces}
    return set(loader.disk_migrations) | replaced


def _applied() -> set[tuple[str, str]]:
    return set(MigrationRecorder(connection).applied_migrations())
