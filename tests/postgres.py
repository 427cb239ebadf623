"""A PostgreSQL of our own for the tests: a throw-away cluster on a free loopback port."""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path


class NoPostgreSQL(Exception):
    pass


@contextlib.contextmanager
def temporary_postgres(superuser: str = "portal") -> Iterator[str]:
    """Its DATABASE_URL; an address that DATABASE_URL already holds is used as it is."""
    given = os.environ.get("DATABASE_URL", "")
    if given.startswith("postgres"):
        yield given
        return
    bin_dir, user = _find_binaries(), _unprivileged_user()
    with tempfile.TemporaryDirectory(prefix="portal-postgres-") as folder:
        if user:
            shutil.chown(folder, user)
        port = _free_port()
        _run(
            [
                *(bin_dir / "initdb", "--auth=trust", f"--username={superuser}"),
                *("--encoding=UTF8", "--no-sync", "data"),
            ],
            folder,
            user,
        )
        # Durability is the one thing that a throw-away database can do without.
        options = f"-p {port} -h 127.0.0.1 -k {folder} -F -c synchronous_commit=off -c full_page_writes=off"
        server = [bin_dir / "pg_ctl", "-D", "data", "-w"]
        _run([*server, "-l", "log", "-o", options, "start"], folder, user)
        try:
            yield f"postgres://{superuser}@127.0.0.1:{port}/portal"
        finally:
            _run([*server, "-m", "immediate", "stop"], folder, user)


def _find_binaries() -> Path:
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    found = installed[-1] if installed else shutil.which("initdb")
    if not found:
        raise NoPostgreSQL("no PostgreSQL server is installed (initdb was not found)")
    return Path(found).resolve().parent


def _unprivileged_user() -> str | None:
    """PostgreSQL refuses to run as root; its packages bring a user."""
    if os.geteuid() != 0:
        return None
    with contextlib.suppress(KeyError):
        return pwd.getpwnam("postgres").pw_name
    raise NoPostgreSQL("PostgreSQL does not run as root and there is no user postgres")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _run(command: list[str | Path], folder: str, user: str | None) -> None:
    # Not captured: the server inherits the pipe and would keep it open.
    subprocess.run(
        command,
        cwd=folder,
        user=user,
        group=user and pwd.getpwnam(user).pw_gid,
        extra_groups=[] if user else None,
        stdout=subprocess.DEVNULL,
        check=True,
        timeout=60,
    )
