"""Portals that are backed up and restored: real ones, on SQLite and on PostgreSQL."""

import base64
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests import migrated
from tests.postgres import NoPostgreSQL, temporary_postgres

ROOT = Path(__file__).parents[2]
SECRETS = {
    "PORTAL_SECRET_KEY": "a-secret-key-of-nobody-0123456789-abcdefghijklmnopqrstuvwxyz",
    "PORTAL_SEALING_KEYS": base64.urlsafe_b64encode(b"o" * 32).decode(),
    "PORTAL_HMAC_KEY": "an-hmac-key-of-nobody-0123456789",
}

SETUP = "import django; django.setup()\n"
FILL = (
    SETUP
    + """
import uuid
from datetime import timedelta
from django.contrib.sessions.models import Session
from django.utils import timezone
from portal.models import User
from ultahost_api.models import Account, ApiKey, Operation
alma = User.objects.create_user("alma@example.com", "correct horse battery", name="Alma", role="admin")
acme = Account.objects.create(remote_uuid="acme", name="Acme", currency="EUR")
for number in range(20):
    key = ApiKey(owner=alma, account=acme, label=f"Key {number}")
    key.put(f"sk_test_secret_{number}")
    key.save()
for state in ("queued", "sending", "done"):
    Operation.objects.create(idempotency_key=uuid.uuid4(), user=alma, account=acme, key=key,
                             action="pay_invoice", noun="invoice", subject=len(state), state=state)
tomorrow = timezone.now() + timedelta(days=1)
Session.objects.create(session_key="canary" * 5, session_data="", expire_date=tomorrow)
"""
)
RESTORE_EACH = (
    SETUP
    + """
import json, sys
from django.core.management import CommandError, call_command
options = json.loads(sys.argv[1])
for file in sys.argv[2:]:
    try:
        call_command("restore", file, replace=True, **options)
    except CommandError as error:
        print(error)
"""
)


class Portal:
    """A data folder or a database of its own, and the same secrets as the others."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.folder = folder
        self.environment = (
            os.environ
            | SECRETS
            | {
                "DJANGO_SETTINGS_MODULE": "portal.settings",
                "PORTAL_DATA_DIR": str(folder),
                "DATABASE_URL": database_url,
                "PORTAL_LOG_LEVEL": "ERROR",
            }
        )
        self.url = database_url

    def start(self, *command: str, **options: Any) -> "subprocess.Popen[str]":
        environment = self.environment | options.pop("environment", {})
        pipe = subprocess.PIPE
        return subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=environment,
            stdout=pipe,
            stderr=pipe,
            text=True,
            **options,
        )

    def manage(self, *command: str, **options: Any) -> str:
        return self.python("manage.py", *command, **options)

    def python(self, *command: str, **options: Any) -> str:
        process = self.start(*command, **options)
        said, complained = process.communicate(timeout=200)
        assert process.returncode == 0, complained
        return said

    def refuses(self, *command: str, **options: Any) -> str:
        """In one sentence, and changes nothing."""
        before = self.content()
        process = self.start("manage.py", *command, **options)
        _, complained = process.communicate(timeout=200)
        assert process.returncode == 1, complained
        assert self.content() == before
        (sentence,) = complained.strip().splitlines()
        return sentence

    def refuses_to_restore(self, *files: Path, **options: bool) -> list[str]:
        """The sentence for each file; nothing was changed."""
        before = self.content()
        said = self.python("-c", RESTORE_EACH, json.dumps(options), *map(str, files))
        assert self.content() == before
        return said.splitlines()

    def content(self) -> list[Any]:
        """Every row of every table."""
        if self.url:
            with psycopg.connect(self.url) as database:
                names = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
                tables = [name for (name,) in database.execute(names)]
                return [(name, sorted(map(repr, database.execute(f"TABLE {name}")))) for name in tables]
        file = self.folder / "portal.sqlite3"
        if not file.exists():
            return []
        with closing(sqlite3.connect(file)) as database:
            return list(database.iterdump())


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    with ExitStack() as stack:
        try:
            yield stack.enter_context(temporary_postgres())
        except NoPostgreSQL as error:
            pytest.skip(str(error))


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def filled(request: Any, tmp_path_factory: Any) -> Portal:
    """What every test gets a copy of."""
    folder = tmp_path_factory.mktemp("filled")
    url = ""
    if request.param == "postgresql":
        server = request.getfixturevalue("postgres").rpartition("/")[0]
        url = make_database(server)
    portal = Portal(folder, url)
    if not url:
        migrated.copy_to(folder / "portal.sqlite3")
    portal.manage("portal_up", "--only-prepare")
    portal.python("-c", FILL)
    return portal


def make_database(server: str, template: str = "template0") -> str:
    name = f"keeping_{os.getpid()}_{time.monotonic_ns()}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as database:
        database.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    return f"{server}/{name}"


@pytest.fixture
def portal(filled: Portal, tmp_path: Path) -> Portal:
    folder = tmp_path / "portal"
    shutil.copytree(filled.folder, folder)
    server, _, name = filled.url.rpartition("/")
    return Portal(folder, make_database(server, name) if filled.url else "")


@pytest.fixture
def empty(filled: Portal, tmp_path: Path) -> Portal:
    """On another machine, as it were."""
    folder = tmp_path / "empty"
    folder.mkdir()
    return Portal(folder, make_database(filled.url.rpartition("/")[0]) if filled.url else "")


def manifest_of(file: Path) -> dict[str, Any]:
    with zipfile.ZipFile(file) as archive:
        return json.loads(archive.read("manifest.json"))


def changed(file: Path, name: str, **told: Any) -> Path:
    """A backup whose manifest says something else."""
    target = file.with_name(name)
    with zipfile.ZipFile(file) as archive, zipfile.ZipFile(target, "w") as other:
        other.writestr("database", archive.read("database"))
        other.writestr("manifest.json", json.dumps(json.loads(archive.read("manifest.json")) | told))
    return target
