"""A backup is one ZIP file: the database's own dump, and a manifest that says what is in it.

The ZIP's directory stands at its end, so that a file that was cut off is none.
"""

import hashlib
import json
import os
import shutil
import zipfile
import zlib
from dataclasses import asdict, dataclass, field
from pathlib import Path

from portal.keeping import CannotKeep

FORMAT = 1
_DUMP, _MANIFEST = "database", "manifest.json"
_BLOCK = 1024 * 1024
# What reading a ZIP and its manifest raises where a bit of it is wrong.
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, TypeError, ValueError, RuntimeError)


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


def write(target: Path, folder: Path, dump: Path, manifest: dict[str, object]) -> Manifest:
    """``folder`` is on the target's file system: under its name the file is whole or as it was before."""
    whole = Manifest(**manifest, size=dump.stat().st_size, sha256=_sha256(dump))  # type: ignore[arg-type]
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
    """A backup's file; CannotKeep when it is none, or not whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            with zipfile.ZipFile(path) as archive:
                told = json.loads(archive.read(_MANIFEST))
                archive.getinfo(_DUMP)
            if told["format"] != FORMAT:
                raise CannotKeep(f"{path} was made by a newer portal: restore it with that.")
            self.manifest = Manifest(**told)
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
                shutil.copyfileobj(source, file, _BLOCK)
            whole = _sha256(dump) == self.manifest.sha256
        except OSError as error:
            raise CannotKeep(f"{self._path} cannot be unpacked in {folder}: {error.strerror}.") from None
        except _BROKEN:
            whole = False
        if not whole:
            raise CannotKeep(f"{self._path} is damaged: what is in it is not what was written.")
        return dump


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
