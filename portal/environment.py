"""Reads the portal's settings from the environment, or from generated files on one machine.

Every mistake is an ImproperlyConfigured of one sentence that names the variable.
"""

import base64
import binascii
import fcntl
import ipaddress
import os
import re
import secrets
from collections.abc import Collection
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import idna
from django.core.exceptions import ImproperlyConfigured
from environ.fileaware_mapping import FileAwareMapping

from ultahost_api.client.core.loopback import is_private

SEALING_KEY_BYTES = 32
SEALING_KEYS = "PORTAL_SEALING_KEYS"
SECRETS = (SEALING_KEYS, "PORTAL_HMAC_KEY", "PORTAL_SECRET_KEY")

_LINE = re.compile(
    r"""(?:export\s+)?(?P<name>[A-Za-z_]\w*)\s*=\s*
    (?:'(?P<single>[^']*)' | "(?P<double>(?:[^"\\]|\\.)*)" | (?P<bare>[^'"\s\#].*?)?)(?:\s+\#.*)?""",
    re.VERBOSE,
)
_ESCAPE = re.compile(r'\\(?P<letter>[nrt"\\$])|\$\$')
_LETTERS = {"n": "\n", "r": "\r", "t": "\t"}


def read_file(path: Path, *, without: Collection[str] = ()) -> None:
    """Sets the variables of a .env file that are not set yet, other than ``without``.

    Takes quotes, comments, ``$$`` and, in double quotes, ``\\n``, ``\\r`` and ``\\t`` as docker compose does.
    It puts in no other variable for ``$NAME``, and a value is on one line. A line that says nothing is an
    error: a setting that is left out silently may be the one that says which database is meant.
    """
    try:
        lines = path.read_text("utf-8-sig").split("\n")
    except FileNotFoundError:
        return
    except UnicodeDecodeError:
        raise ImproperlyConfigured(f"{path} cannot be read: it is not in UTF-8.") from None
    except OSError as error:
        raise ImproperlyConfigured(f"{path} cannot be read: {error.strerror}.") from None
    for number, line in enumerate(map(str.strip, lines), start=1):
        if not line or line.startswith("#"):
            continue
        found = _LINE.fullmatch(line)
        if not found:  # not quoted here: it may hold a secret
            raise ImproperlyConfigured(f"Line {number} of {path} is not of the form NAME=value.")
        if found["name"] not in without:
            os.environ.setdefault(found["name"], _value(found))


def _value(found: re.Match[str]) -> str:
    if found["double"] is not None:
        return _ESCAPE.sub(_unescaped, found["double"])
    return found["single"] or (found["bare"] or "").replace("$$", "$")


def _unescaped(found: re.Match[str]) -> str:
    letter = found["letter"] or "$"
    return _LETTERS.get(letter, letter)


def read(name: str, default: str = "") -> str:
    """The variable ``name``, or the content of the file that ``NAME_FILE`` names, stripped."""
    if os.environ.get(name) and os.environ.get(f"{name}_FILE"):
        raise ImproperlyConfigured(f"Set either {name} or {name}_FILE, not both.")
    try:
        return str(FileAwareMapping(cache=False).get(name, "")).strip() or default
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE cannot be read: {error.strerror}.") from None


def read_folder(name: str, default: Path, *, beside: Path) -> Path:
    """A folder; one that does not begin at the root begins at ``beside``, wherever a command is typed."""
    if not (told := read(name, str(default))).isprintable():
        raise ImproperlyConfigured(f"{name} must name a folder without line breaks and the like.")
    try:
        return beside / Path(told).expanduser()
    except RuntimeError:
        raise ImproperlyConfigured(f"{name} names a home folder that is not there.") from None


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
        is_address = bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address or parts.scheme not in {"http", "https"} or set(url) & set("@?# \\"):
        raise ImproperlyConfigured(f"{name} must be an address like https://portal.example.com, not {url!r}.")
    if not is_private(parts):
        raise ImproperlyConfigured(
            f"{name} must begin with https:// because {parts.hostname} is not this machine."
        )
    return url


def read_origin(name: str, default: str) -> str:
    """An address without a path, as browsers write it in the Origin of a form.

    That is: small letters, a Unicode name as xn--, no port that is the usual one, no dot behind the name.
    """
    parts = urlsplit(read_url(name, default))
    if parts.path:
        raise ImproperlyConfigured(
            f"{name} must have no path such as {parts.path!r}: the portal needs a host name of its own."
        )
    try:
        host = _plain_host(parts.hostname or "")
    except ValueError:
        raise ImproperlyConfigured(
            f"{name} must name a host that browsers can ask for, not {parts.hostname!r}."
        ) from None
    usual = {"http": 80, "https": 443}[parts.scheme]
    port = "" if parts.port in {None, usual} else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def _plain_host(host: str) -> str:
    """ValueError where Django would refuse ``host`` in a request, or take others with it."""
    if ":" in host:
        address = ipaddress.IPv6Address(host)
        if address.scope_id:
            raise ValueError(host)
        return f"[{address}]"
    return idna.encode(host.removesuffix("."), uts46=True, std3_rules=True).decode()


def read_secret(name: str, data_dir: Path, *, generate: bool, database: Path | None = None) -> str:
    """The secret ``name``; with ``generate``, made once per data folder by the process that first needs it.

    If the ``database`` that needs it exists already, a missing secret is an error, and no new one is made.
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
