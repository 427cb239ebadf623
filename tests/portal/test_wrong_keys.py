"""A portal with other keys than its database's does not start, whichever way somebody starts it."""

import base64
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MANAGE = (sys.executable, "manage.py")
PREPARE = (*MANAGE, "portal_up", "--only-prepare")
OLD, NEW = (base64.urlsafe_b64encode(letter * 32).decode() for letter in (b"o", b"n"))
WEB = (sys.executable, "-m", "gunicorn", "portal.wsgi:application", "--bind", "127.0.0.1:0")
WORKER = (sys.executable, "-m", "celery", "-A", "portal", "worker", "--pool", "solo")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


PREPARED: "dict[str, tempfile.TemporaryDirectory[str]]" = {}  # by what they were prepared with


class Portal:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.secrets = folder / "secrets"

    def run(self, *command: str, given: str = "", **variables: str) -> "subprocess.CompletedProcess[str]":
        plain = {name: os.environ[name] for name in ("PATH", "HOME", "PORTAL_ENV_FILE") if name in os.environ}
        return subprocess.run(
            command,
            cwd=ROOT,
            env=plain | {"PORTAL_DATA_DIR": str(self.folder), "PORTAL_LOG_LEVEL": "ERROR"} | variables,
            input=given,
            capture_output=True,
            text=True,
            timeout=150,
            check=False,
        )

    def start(self, *options: str, **variables: str) -> None:
        """Prepared; the first time of each kind really, later from a copy, which spares the migrations."""
        kind = f"{options} {variables}"
        if any(self.folder.iterdir()):
            self._prepare(*options, **variables)
        elif kind in PREPARED:
            shutil.copytree(PREPARED[kind].name, self.folder, dirs_exist_ok=True)
        else:
            self._prepare(*options, **variables)
            PREPARED[kind] = tempfile.TemporaryDirectory(prefix="portal-")
            shutil.copytree(self.folder, PREPARED[kind].name, dirs_exist_ok=True)

    def _prepare(self, *options: str, **variables: str) -> None:
        done = self.run(*PREPARE, *options, **variables)
        assert done.returncode == 0, done.stderr

    def refuses(self, *command: str, **variables: str) -> str:
        """The one sentence; nothing was changed."""
        before = self.content()
        done = self.run(*command, **variables)
        assert done.returncode != 0, done.stdout
        assert "Traceback" not in done.stderr
        assert self.content() == before
        return done.stderr.strip()

    def content(self) -> tuple[list[str], list[str]]:
        with sqlite3.connect(self.folder / "portal.sqlite3") as database:
            rows = list(database.iterdump())
        return rows, sorted(path.name for path in self.secrets.glob("*"))


@pytest.fixture
def portal() -> Iterator[Portal]:
    folder = Path(tempfile.mkdtemp(prefix="portal-"))
    yield Portal(folder)
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    "command", [PREPARE, (*MANAGE, "portal_up"), WEB, WORKER], ids=["prepare", "up", "web", "worker"]
)
@pytest.mark.parametrize("setting", ["PORTAL_SEALING_KEYS", "PORTAL_HMAC_KEY"])
def test_it_does_not_start_with_another_key(portal, command, setting):
    portal.start(PORTAL_SEALING_KEYS=OLD, PORTAL_HMAC_KEY=OLD)
    keys = {"PORTAL_SEALING_KEYS": OLD, "PORTAL_HMAC_KEY": OLD, setting: NEW}
    said = portal.refuses(*command, **keys, PORTAL_PORT=free_port())

    (sentence,) = {line for line in said.splitlines() if "PORTAL_" in line}
    assert setting in sentence
    assert "--allow-new-keys" in sentence
    assert OLD not in said
    assert NEW not in said


@pytest.mark.parametrize("command", [WEB, WORKER], ids=["web", "worker"])
def test_it_does_not_start_on_the_copy_of_another_api(portal, command):
    portal.start()

    assert "ULTAHOST_API_URL" in portal.refuses(*command, ULTAHOST_API_URL="https://other.example.com/v1")


@pytest.mark.parametrize("name", ["sealing_keys", "hmac_key"])
def test_it_makes_no_new_key_where_the_databases_own_was_lost(portal, name):
    portal.start()
    kept = (portal.secrets / name).read_text()
    (portal.secrets / name).unlink()

    for command in (PREPARE, (*MANAGE, "check"), WEB):
        said = portal.refuses(*command)
        assert f"{portal.secrets / name} is missing" in said
        assert "put it back" in said

    (portal.secrets / name).write_text(f"{kept}\n")  # as an editor leaves it
    portal.start()


def test_it_starts_with_new_keys_when_that_is_meant(portal):
    portal.start()
    for name in ("sealing_keys", "hmac_key"):
        (portal.secrets / name).write_text(NEW)
    portal.refuses(*PREPARE)

    portal.start("--allow-new-keys")
    portal.start()


def test_it_starts_without_the_old_key_once_everything_is_resealed_and_not_before(portal):
    portal.start(PORTAL_SEALING_KEYS=OLD)
    portal.start(PORTAL_SEALING_KEYS=f"{NEW},{OLD}")
    assert "PORTAL_SEALING_KEYS" in portal.refuses(*PREPARE, PORTAL_SEALING_KEYS=NEW)

    done = portal.run(*MANAGE, "reseal", PORTAL_SEALING_KEYS=f"{NEW},{OLD}")

    assert done.returncode == 0, done.stderr
    portal.start(PORTAL_SEALING_KEYS=NEW)
