"""The portal's settings as they come in: from the environment, or from generated files on one machine.

Every mistake is an ImproperlyConfigured of one sentence that names the variable.
"""

import base64
import binascii
import fcntl
import os
import secrets
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.core.exceptions import ImproperlyConfigured

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1", "[::1]"})
SEALING_KEY_BYTES = 32
SEALING_KEYS = "PORTAL_SEALING_KEYS"
SECRETS = (SEALING_KEYS, "PORTAL_HMAC_KEY", "PORTAL_SECRET_KEY")


def read(name: str, default: str = "") -> str:
    """The variable ``name``, or the content of the file that ``NAME_FILE`` names, stripped."""
    path = os.environ.get(f"{name}_FILE")
    if not path:
        return os.environ.get(name, "").strip() or default
    if os.environ.get(name):
        raise ImproperlyConfigured(f"Set either {name} or {name}_FILE, not both.")
    try:
        return Path(path).read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE cannot be read: {error.strerror}.") from None


def read_int(name: str, default: int, *, low: int, high: int) -> int:
    text = read(name, str(default))
    if not text.isdecimal() or not low <= int(text) <= high:
        raise ImproperlyConfigured(f"{name} must be a whole number from {low} to {high}, not {text!r}.")
    return int(text)


def read_url(name: str, default: str) -> str:
    """An http(s) address without credentials; plain http only for this machine."""
    url = read(name, default).rstrip("/")
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port  # reading it is what checks it
    except ValueError:
        host = None
    if not host or parts.scheme not in {"http", "https"} or parts.username or parts.query or parts.fragment:
        raise ImproperlyConfigured(f"{name} must be an address like https://portal.example.com, not {url!r}.")
    if parts.scheme == "http" and host not in LOOPBACK:
        raise ImproperlyConfigured(f"{name} must begin with https:// because {host} is not this machine.")
    return url


def read_secret(name: str, data_dir: Path, *, generate: bool, database: Path | None = None) -> str:
    """The secret ``name``; with ``generate``, made once per data folder by whoever needs it first.

    A ``database`` is worth nothing without it: where that is there already, the secret is lost, and not new.
    """
    value = read(name)
    if value:
        return value
    if not generate:
        raise ImproperlyConfigured(f"{name} is required when DATABASE_URL is set; see .env.example.")
    return _generated(generated_path(name, data_dir), name, database)


def where(name: str, data_dir: Path) -> str:
    """Where the secret ``name`` is to be found."""
    if path := os.environ.get(f"{name}_FILE"):
        return path
    return "the environment" if os.environ.get(name) else str(generated_path(name, data_dir))


def generated_path(name: str, data_dir: Path) -> Path:
    return data_dir / "secrets" / name.removeprefix("PORTAL_").lower()


def _generated(path: Path, name: str, database: Path | None) -> str:
    """The content of ``path`` (mode 600), written under a lock so that two processes agree on it."""
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        pass
    except OSError as error:
        raise ImproperlyConfigured(f"{path} cannot be read: {error.strerror}.") from None
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (path.parent / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not path.exists():
                if database and database.exists():
                    raise ImproperlyConfigured(_lost(path, name, database))
                _write_whole(path, base64.urlsafe_b64encode(secrets.token_bytes(SEALING_KEY_BYTES)))
    except OSError as error:
        raise ImproperlyConfigured(
            f"PORTAL_DATA_DIR: {path.parent} is not writable: {error.strerror}."
        ) from None
    return path.read_text().strip()


def _lost(path: Path, name: str, database: Path) -> str:
    return (
        f"{path} is missing, but {database} was made with it: put it back from where you keep it,"
        f" or set {name}; if it is lost for good, write a new key there"
        " (openssl rand -base64 32 | tr '+/' '-_') and start once with portal_up --allow-new-keys."
    )


def _write_whole(path: Path, content: bytes) -> None:
    """Readers see the whole file or none, even if this process dies half way."""
    draft = path.with_suffix(".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def sealing_keys(text: str) -> list[bytes]:
    """``PORTAL_SEALING_KEYS`` as keys of 32 bytes, the first of which seals."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    return [_sealing_key(part) for part in parts or [""]]


def _sealing_key(text: str) -> bytes:
    try:
        key = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != SEALING_KEY_BYTES:
        raise ImproperlyConfigured(
            "PORTAL_SEALING_KEYS must be 32-byte keys in URL-safe base64, separated by commas."
        )
    return key


def make_data_dir(path: Path) -> None:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(f"PORTAL_DATA_DIR: {path} cannot be used: {error.strerror}.") from None


def check_time_zone(name: str) -> None:
    """KeyError when ``name`` is no time zone."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError):
        raise KeyError(name) from None
