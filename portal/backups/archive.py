"""A backup is one ZIP file: the database's own dump, and a manifest that says what is in it.

The ZIP's directory stands at its end, so that a file that was cut off is none.
"""

import hashlib
import hmac
import json
import lzma
import os
import shutil
import struct
import zipfile
import zlib
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from portal.backups import CannotKeep
from ultahost_api.crypto.digests import keyed_digest

FORMAT = 2  # 1 had no HMAC
_DUMP, _MANIFEST = "database", "manifest.json"
_BLOCK = _LARGEST_MANIFEST = 1024 * 1024
# What reading a ZIP and its manifest raises where a bit of it is wrong.
_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, RuntimeError),
    *(AttributeError, KeyError, TypeError, ValueError),
)


@dataclass(frozen=True)
class Manifest:
    """``sealing_keys`` are ids, and the checks tell the keys by; neither tells anything of them."""

    created_at: str  # ISO 8601
    portal: str  # its version
    database: str  # sqlite or postgresql
    migrations: dict[str, str]  # the last one of each application
    rows: dict[str, int]  # of each table
    sealing_keys: list[str]  # that open what is sealed in it
    sealing_check: str
    hmac_check: str
    size: int = 0  # bytes of the dump
    sha256: str = ""
    format: int = field(default=FORMAT)
    hmac: str = ""  # over all the rest

    def signed(self) -> "Manifest":
        return replace(self, hmac=self._hmac())

    @property
    def is_signed(self) -> bool:
        """With this portal's HMAC key."""
        return hmac.compare_digest(self.hmac.encode(), self._hmac().encode())

    def _hmac(self) -> str:
        return keyed_digest("backup", json.dumps(asdict(replace(self, hmac="")), sort_keys=True))


def write(target: Path, folder: Path, dump: Path, manifest: dict[str, object]) -> Manifest:
    """``folder`` is on the target's file system: under its name the file is whole or as it was before."""
    told: dict[str, Any] = {**manifest, "size": dump.stat().st_size, "sha256": _sha256(dump)}
    whole = Manifest(**told).signed()
    draft = folder / "backup"
    with os.fdopen(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(dump, _DUMP)
            archive.writestr(_MANIFEST, json.dumps(asdict(whole), indent=2))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(target)
    return whole


class Archive:
    """A backup's file; CannotKeep when it is none, or not whole. At first only its manifest is read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            with zipfile.ZipFile(path) as archive:
                archive.getinfo(_DUMP)
                if archive.getinfo(_MANIFEST).file_size > _LARGEST_MANIFEST:
                    raise ValueError
                told = json.loads(archive.read(_MANIFEST))
            if told["format"] not in (1, FORMAT):
                raise CannotKeep(f"{path} was made by a newer portal: restore it with that.")
            self.manifest = Manifest(**told)
            _check(self.manifest)
        except OSError as error:
            raise CannotKeep(f"{path} cannot be read: {error.strerror}.") from None
        except _BROKEN:
            raise CannotKeep(f"{path} is not a backup of the portal, or not all of one.") from None

    def extract(self, folder: Path) -> Path:
        """The dump as it was written, bit by bit."""
        dump = folder / _DUMP
        try:
            with (
                zipfile.ZipFile(self._path) as archive,
                archive.open(_DUMP) as source,
                os.fdopen(os.open(dump, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file,
            ):
                self._refuse_more_than_fits(folder)
                # A ZIP may hold a thousand times its own size; no more is unpacked than it tells here.
                if archive.getinfo(_DUMP).file_size != self.manifest.size:
                    raise ValueError
                shutil.copyfileobj(source, file, _BLOCK)
            whole = _sha256(dump) == self.manifest.sha256
        except OSError as error:
            raise CannotKeep(f"{self._path} cannot be unpacked in {folder}: {error.strerror}.") from None
        except _BROKEN:
            whole = False
        if not whole:
            raise CannotKeep(f"{self._path} is damaged: what is in it is not what was written.")
        return dump

    def _refuse_more_than_fits(self, folder: Path) -> None:
        free = shutil.disk_usage(folder).free
        if self.manifest.size > free:
            raise CannotKeep(
                f"{self._path} holds {self.manifest.size} bytes, and {folder} has room for {free}: make room."
            )


def _check(manifest: Manifest) -> None:
    """ValueError or TypeError unless everything is of its kind: a stranger may have written it."""
    numbers = [manifest.size, *manifest.rows.values()]
    texts = [manifest.portal, manifest.database, manifest.sealing_check, manifest.hmac_check, manifest.hmac]
    texts += [manifest.sha256, *manifest.rows, *manifest.sealing_keys]
    texts += [*manifest.migrations, *manifest.migrations.values()]
    if not all(type(number) is int and number >= 0 for number in numbers):
        raise ValueError
    if not all(text.isprintable() for text in texts):  # they are shown in a terminal
        raise ValueError
    datetime.fromisoformat(manifest.created_at)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
