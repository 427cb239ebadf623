"""Taking a backup, and putting one back."""

import os
import sqlite3
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.utils import timezone

from portal import audit
from portal.backups import CannotKeep, archive, content, postgres, sqlite
from portal.backups.after_restore import revive
from portal.backups.archive import Archive, Manifest
from portal.models import Act
from portal.wording.library import words
from ultahost_api.crypto.sealing import key_ids
from ultahost_api.installation import DatabaseFails, KeyChecks


def take(target: Path) -> Manifest:
    """Write one file (mode 600) with the database as it is now.

    Others may write to the database meanwhile.
    """
    created_at = timezone.now().isoformat(timespec="seconds")
    with _one_sentence(target), _folder(target.parent) as folder:
        dump, described = _backend().dump(folder)
        manifest = archive.write(
            target, folder, dump, {"created_at": created_at, "portal": _version(), **described}
        )
    audit.record(None, Act.BACKED_UP, target.name, rows=sum(manifest.rows.values()))
    return manifest


def put_back(
    source: Path,
    *,
    replace: bool,
    without_keys: bool = False,
    untrusted: bool = False,
    say: Callable[[str], object] = print,
) -> Manifest:
    """The database holds the backup's rows, in tables of this version, brought to this day.

    ``untrusted``: although nothing tells that this portal, or one with its keys, wrote the file.
    """
    backup = Archive(source)
    manifest = backup.manifest
    if not untrusted:
        _refuse_unsigned(source, manifest)
    if manifest.database != connection.vendor:
        raise CannotKeep(
            f"{source} is a backup of {manifest.database}, and DATABASE_URL names {connection.vendor}."
        )
    content.refuse_newer(manifest.migrations)
    if not without_keys:
        _refuse_other_keys(source, manifest)

    def finish() -> None:
        call_command("migrate", interactive=False, verbosity=0)
        call_command("createcachetable", verbosity=0)
        revive()
        audit.record(None, Act.RESTORED, source.name, taken_at=manifest.created_at, untrusted=untrusted)

    beside = settings.PORTAL_DATA_DIR if connection.vendor == "sqlite" else None
    with _one_sentence(beside or Path(tempfile.gettempdir())), _backend().alone(), _folder(beside) as folder:
        if not replace:
            content.refuse_content()
        if aside := _backend().put(backup.extract(folder), manifest, finish):
            say(f"The broken database is kept as {aside}.")
    return manifest


def _refuse_unsigned(source: Path, manifest: Manifest) -> None:
    if manifest.is_signed:
        return
    if manifest.format == 1:
        why = f"{source} is a backup of an older portal, which did not sign its backups"
    elif KeyChecks(hmac=manifest.hmac_check).digests:
        why = f"{source} was changed after it was written, or was not written by this portal"
    else:
        why = (
            f"PORTAL_HMAC_KEY is not that of the portal that {source} was taken from: set that one."
            " Without it the origin of the backup is unknown"
        )
    raise CannotKeep(f"{why}. To restore it all the same, read docs/keeping.md and add --untrusted.")


def _refuse_other_keys(source: Path, manifest: Manifest) -> None:
    checks = KeyChecks(manifest.sealing_check, manifest.hmac_check)
    lacking = sorted(set(manifest.sealing_keys) - set(key_ids()))
    if lacking or (checks.sealing and not checks.opens):
        raise CannotKeep(
            f"PORTAL_SEALING_KEYS does not open what is sealed in {source}"
            + (f" (it lacks the key {' and '.join(lacking)})" if lacking else "")
            + ": set the sealing keys of the portal that it was taken from, or add --without-keys"
            " and enter every API key again."
        )
    if checks.hmac and not checks.digests:
        raise CannotKeep(
            f"PORTAL_HMAC_KEY is not that of the portal that {source} was taken from: set that one, or add"
            " --without-keys and do without its links and its audit log's chain."
        )


def _backend() -> ModuleType:
    return sqlite if connection.vendor == "sqlite" else postgres


def _version() -> str:
    with (settings.BASE_DIR / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])


@contextmanager
def _folder(beside: Path | None) -> Iterator[Path]:
    """A folder that only this user can read; it is deleted at the end."""
    with tempfile.TemporaryDirectory(prefix=".portal-", dir=beside) as folder:
        yield Path(folder)


@contextmanager
def _one_sentence(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CannotKeep(f"{path} cannot be written: {os.strerror(error.errno or 0)}.") from None
    except (sqlite3.Error, DatabaseError) as error:
        raise CannotKeep(words(DatabaseFails(error))) from None
