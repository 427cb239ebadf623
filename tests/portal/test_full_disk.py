"""The whole portal on a disk that fills up, and is given room again."""

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.portal.test_running import PLAIN, ROOT, Launched, pid_of, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

ROTATED_AT = 1024 * 1024  # a multiple of a page, after which not one more byte has room

# A person who is signed in, and the session's key.
SIGN_IN = """
import django; django.setup()
from django.test import Client
from portal.models import User
alma = User.objects.create_user("alma@example.com", "correct horse battery", name="Alma", role="admin")
client = Client()
client.force_login(alma)
print(client.cookies["portal_session"].value)
"""


@pytest.fixture
def disk() -> Iterator[Path]:
    """A file system of its own with 64 MB."""
    folder = Path(tempfile.mkdtemp(prefix="portal-"))
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64m,mode=700", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        folder.rmdir()
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)
    folder.rmdir()


@pytest.fixture
def launched(disk: Path) -> Iterator[Launched]:
    launched = Launched(disk)
    yield launched
    launched.process.kill()
    for pid in launched.pids():
        subprocess.run(["kill", "-9", str(pid)], check=False)
    launched.process.wait()


class Browser:
    def __init__(self, launched: Launched) -> None:
        environment = os.environ | PLAIN | launched.environment
        signed_in = subprocess.run(
            [sys.executable, "-c", SIGN_IN],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        self.address = f"http://localhost:{launched.port}"
        self.session = requests.Session()
        self.session.cookies.set("portal_session", signed_in.stdout.strip())
        self.session.cookies.set("portal_csrf", "c" * 32)

    def read(self, path: str) -> requests.Response:
        return self.session.get(self.address + path, timeout=30, allow_redirects=False)

    def rename(self, name: str) -> requests.Response:
        form = {"name": name, "time_zone": "", "language": "", "theme": "", "page_size": ""}
        form["csrfmiddlewaretoken"] = "c" * 32
        return self.session.post(self.address + "/profile/", form, timeout=30, allow_redirects=False)


def fill(disk: Path) -> Path:
    """Until not one byte more has room."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 20, 4096, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue
    return ballast


def all_run(log: str) -> bool:
    return log.count("entered RUNNING state") == log.count("spawned: ")


def empty_log_of_writes(disk: Path) -> None:
    """SQLite writes its log again from the beginning, so that a write needs no room where it has been."""
    database = sqlite3.connect(disk / "portal.sqlite3", timeout=20)
    wait_until(lambda: database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0)
    database.close()


def test_it_reads_on_says_what_is_wrong_and_recovers_by_itself(disk, launched):
    launched.read_until("Ctrl-C stops everything")
    pids = {program: pid_of(launched, program) for program in ("beat", "worker")}
    browser = Browser(launched)
    assert browser.rename("Before").status_code == 303
    assert browser.read("/").status_code == 200

    log = disk / "logs" / "supervisord.log"
    wait_until(lambda: all_run(log.read_text()))  # it says so seconds later, and then has nothing to say
    with log.open("ab") as last_page:  # the next line finds no room in it, and is the one to rotate the log
        last_page.write(b"\n" * (ROTATED_AT - 20 - log.stat().st_size))
    empty_log_of_writes(disk)
    ballast = fill(disk)
    for program in pids:
        killed = pids[program]
        os.kill(killed, signal.SIGKILL)
        launched.read_until(f"{program} stopped (terminated by SIGKILL) and is started again.")
        fill(disk)

    assert log.stat().st_size == ROTATED_AT
    for path in ("/", "/services/", "/invoices/", "/domains/", "/keys/", "/profile/"):
        assert browser.read(path).status_code == 200, path
    refused = browser.rename("Meanwhile")
    assert refused.status_code == 503
    assert "The disk is full" in refused.text
    assert launched.process.poll() is None

    ballast.unlink()

    assert browser.rename("After").status_code == 303
    assert "After" in browser.read("/profile/").text
    wait_until(lambda: browser.read("/readyz").json() == {"database": "ok", "worker": "ok"}, seconds=120)
    # Which process is beat's now, stands in a line that was lost. A child of it looks at the database first.
    wait_until(lambda: len(beats(launched)) == 1)
    (beat,) = beats(launched)
    os.kill(beat, signal.SIGKILL)
    wait_until(log.with_name("supervisord.log.1").exists)


def beats(launched: Launched) -> list[int]:
    """The processes of beat."""
    found = []
    for pid in launched.pids():
        with contextlib.suppress(OSError):
            if b"beat" in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.append(pid)
    return found


def test_each_command_says_that_the_disk_is_full(disk, tmp_path):
    """SQLite itself speaks of an I/O error, which sounds like a broken disk."""
    environment = os.environ | PLAIN | {"PORTAL_DATA_DIR": str(disk / "data")}

    def manage(*command: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    assert manage("portal_up", "--only-prepare").returncode == 0
    full = f"The disk of {disk / 'data'} is full: free some space, and try again."
    with contextlib.suppress(OSError), (disk / "everything").open("wb", buffering=0) as file:
        while True:
            file.write(b"0" * 4096)

    for command in (
        ["portal_up", "--only-prepare"],
        ["portal_user", "second-factor-optional"],
        ["backup", str(tmp_path / "backup")],
    ):
        assert manage(*command).stderr.strip() == f"CommandError: {full}", command

    (disk / "everything").unlink()
    assert manage("verify_audit").returncode == 0
