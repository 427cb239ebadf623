"""What comes of restoring a backup that a stranger has written, or has changed."""

import hashlib
import json
import shutil
import sqlite3
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.backends.kept import SETUP, Portal, changed, make_database, manifest_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

SIGN_IN = """
from django.test import Client
form = {"login": "alma@example.com", "password": "correct horse battery"}
print(Client().post("/sign-in/", form, headers={"host": "localhost"}).status_code)
"""
PICKLED = """
import base64, os, pickle, sys
class Evil:
    def __reduce__(self):
        return os.mkdir, (sys.argv[1],)
print(base64.b64encode(pickle.dumps(Evil())).decode())
"""
TAKE = "import sys, pathlib; backups.take(pathlib.Path(sys.argv[1]))"
COUNT = """
from portal.backups import content
counted = content.rows()
print([counted[table] for table in content.PASSING])
"""
ROLES = """
from portal.models import User
print(*User.objects.order_by("email").values_list("email", "role"))
"""


class Stranger:
    """Has the file of a backup, and a database of their own to make another one from it."""

    def __init__(self, portal: Portal, folder: Path) -> None:
        self.portal, self.folder = portal, folder
        self.backup = folder / "backup"
        if not self.backup.exists():
            portal.manage("backup", str(self.backup))
        if portal.url:
            server, _, name = portal.url.rpartition("/")
            self.url = make_database(server, name)
        else:
            self.file = folder / "strangers.sqlite3"
            shutil.copy(portal.folder / "portal.sqlite3", self.file)

    def run(self, *statements: str) -> None:
        if self.portal.url:
            with psycopg.connect(self.url) as database:
                for statement in statements:
                    database.execute(statement)
        else:
            with closing(sqlite3.connect(self.file, isolation_level=None)) as database:
                for statement in statements:
                    database.execute(statement)

    def forge(self, **told: Any) -> Path:
        """A backup whose manifest tells the truth of what is in it, and whose HMAC is the old one."""
        dump = self.folder / "dump"
        if self.portal.url:
            newest = max(Path("/usr/lib/postgresql").glob("*/bin/pg_dump"))
            subprocess.run([newest, "--format=custom", f"--file={dump}", self.url], check=True)
            with psycopg.connect(self.url) as database:
                names = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
                rows = {name: self._count(database, name) for (name,) in database.execute(names).fetchall()}
        else:
            shutil.copy(self.file, dump)
            with closing(sqlite3.connect(dump)) as database:
                names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
                rows = {name: self._count(database, name) for (name,) in database.execute(names).fetchall()}
        content = dump.read_bytes()
        true = {"rows": rows, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        forged = self.folder / "forged"
        with zipfile.ZipFile(forged, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("database", content)
            archive.writestr("manifest.json", json.dumps(manifest_of(self.backup) | true | told))
        return forged

    @staticmethod
    def _count(database: Any, table: str) -> int:
        ((count,),) = database.execute(f"SELECT count(*) FROM {table}").fetchall()
        return count


@pytest.fixture
def stranger(portal, tmp_path):
    return Stranger(portal, tmp_path)


@pytest.fixture
def trap() -> Iterator[Path]:
    """A folder that whatever code of the stranger runs would make, as whichever user."""
    parent = Path(tempfile.mkdtemp(prefix="portal-trap-"))
    parent.chmod(0o777)
    yield parent / "made"
    shutil.rmtree(parent)


def restore(portal: Portal, file: Path, *options: str) -> str:
    """What the command said, or complained of."""
    process = portal.start("manage.py", "restore", str(file), *options)
    return "".join(process.communicate(timeout=90))


def objects(portal: Portal) -> list[Any]:
    """Whatever stands in the schema and is no table that the portal's start makes."""
    if not portal.url:
        with closing(sqlite3.connect(portal.folder / "portal.sqlite3")) as database:
            found = database.execute("SELECT type, name, tbl_name FROM sqlite_master WHERE type <> 'index'")
            return sorted(found.fetchall())
    with psycopg.connect(portal.url) as database:
        queries = [
            "SELECT 'relation', relname FROM pg_class WHERE relnamespace = 'public'::regnamespace",
            "SELECT 'function', proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
            "SELECT 'trigger', tgname FROM pg_trigger WHERE NOT tgisinternal",
            "SELECT 'rule', rulename FROM pg_rules WHERE schemaname = 'public'",
        ]
        return sorted(row for query in queries for row in database.execute(query).fetchall())


def schema_code(trap: Path, on_postgres: bool) -> list[str]:
    """PostgreSQL runs a program when it makes the index; on SQLite an entry of the log makes all admins."""
    if not on_postgres:
        return [
            "CREATE TRIGGER evil AFTER INSERT ON portal_auditentry"
            " BEGIN UPDATE portal_user SET role = 'admin'; END",
            "CREATE VIEW strangers_view AS SELECT 1",
            "CREATE VIRTUAL TABLE strangers_search USING fts5(words)",
        ]
    return [
        "CREATE FUNCTION evil() RETURNS void LANGUAGE plpgsql AS $$ BEGIN"
        f" COPY (SELECT 1) TO PROGRAM 'cat > /dev/null; mkdir -p {trap}'; END $$",
        "CREATE FUNCTION evil_of(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS"
        " $$ BEGIN PERFORM public.evil(); RETURN $1; END $$",
        "CREATE INDEX evil ON portal_user (public.evil_of(email::text))",
        "CREATE VIEW strangers_view AS SELECT 1",
    ]


def test_it_runs_nothing_that_a_strangers_schema_says(portal, empty, trap, tmp_path):
    portal.python("-c", SETUP + "from portal.models import User; User.objects.create_user('ben@example.com')")
    stranger = Stranger(portal, tmp_path)
    stranger.run(*schema_code(trap, bool(portal.url)))
    shutil.rmtree(trap, ignore_errors=True)
    forged = stranger.forge()
    expected = "('alma@example.com', 'admin') ('ben@example.com', 'member')\n"

    for options in ([], ["--untrusted"]):
        restore(empty, forged, *options)
        assert not trap.exists()
    assert empty.python("-c", SETUP + ROLES) == expected
    empty.manage("portal_up", "--only-prepare")
    assert not trap.exists()
    assert objects(empty) == objects(portal)
    assert empty.python("-c", SETUP + ROLES) == expected


def test_it_runs_no_pickle_that_waits_in_a_backup_for_a_sign_in(portal, empty, trap, tmp_path):
    assert portal.python("-c", SETUP + SIGN_IN) == "302\n"
    stranger = Stranger(portal, tmp_path)
    pickled = portal.python("-c", PICKLED, str(trap)).strip()
    stranger.run(f"UPDATE portal_cache SET value = '{pickled}', expires = '2099-01-01'")
    forged = stranger.forge()
    assert manifest_of(forged)["rows"]["portal_cache"] > 0

    for options in ([], ["--untrusted"]):
        restore(empty, forged, *options)
        empty.start("-c", SETUP + SIGN_IN).communicate(timeout=90)
        assert not trap.exists()


def test_it_empties_what_a_backup_leaves_out(stranger, empty):
    """But for the number of the one account, which is made anew."""
    stranger.run(
        "INSERT INTO portal_cache VALUES ('k', 'v', '2099-01-01')",
        "INSERT INTO portal_cache_live VALUES ('k', 'v', '2099-01-01')",
        "INSERT INTO usersessions_usersession"
        " (user_id, created_at, ip, last_seen_at, session_key, user_agent, data)"
        " SELECT id, '2026-01-01', '127.0.0.1', '2026-01-01', 'key', 'agent', '{}' FROM portal_user",
    )
    forged = stranger.forge()
    assert manifest_of(forged)["rows"]["django_session"] == 1

    restore(empty, forged)
    restore(empty, forged, "--untrusted")

    assert empty.python("-c", SETUP + COUNT) == "[1, 0, 0, 0, 0]\n"


def test_it_restores_a_changed_backup_only_when_it_is_told_to(stranger, portal, empty):
    stranger.run("UPDATE portal_user SET name = 'Mallory'")
    forged = stranger.forge()

    said = empty.refuses("restore", str(forged))
    assert "was changed after it was written" in said
    assert "docs/keeping.md and add --untrusted" in said
    other_key = {"PORTAL_HMAC_KEY": "another-key-of-nobody-0123456789"}
    assert "PORTAL_HMAC_KEY is not that" in empty.refuses("restore", str(forged), environment=other_key)

    said = empty.manage("restore", str(forged), "--untrusted")
    assert "This file was not signed by this portal" in said
    name = SETUP + "from portal.models import User; print(*User.objects.values_list('name', flat=True))"
    assert empty.python("-c", name) == "Mallory\n"
    # Numbers of new rows come after those that were restored, and everything is kept on disk as before.
    add = (
        "from django.contrib.contenttypes.models import ContentType; ContentType.objects.create(model='new')"
    )
    empty.python("-c", SETUP + add)
    empty.manage("portal_up", "--only-prepare")
    assert "none changed" in empty.manage("verify_audit")


def test_it_takes_a_backup_without_an_hmac_for_a_strangers(stranger, empty):
    older = changed(stranger.backup, "older", format=1, hmac="")

    assert "an older portal, which did not sign its backups" in empty.refuses("restore", str(older))

    empty.manage("restore", str(older), "--untrusted")
    assert empty.python("-c", SETUP + ROLES) == "('alma@example.com', 'admin')\n"


def test_it_restores_without_any_key_when_both_are_meant(stranger, empty):
    empty.environment |= {
        "PORTAL_HMAC_KEY": "another-key-of-nobody-0123456789",
        "PORTAL_SEALING_KEYS": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    }

    said = empty.refuses_to_restore(stranger.backup, without_keys=True)
    said += empty.refuses_to_restore(stranger.backup, untrusted=True)
    assert ["--untrusted" in said[0], "--without-keys" in said[1]] == [True, True]

    empty.manage("restore", str(stranger.backup), "--untrusted", "--without-keys")
    assert empty.python("-c", SETUP + ROLES) == "('alma@example.com', 'admin')\n"


def test_it_brings_a_backup_of_an_older_version_to_this_one(portal, empty, tmp_path):
    portal.manage("migrate", "portal", "0008", "--verbosity", "0")
    portal.manage("migrate", "ultahost_api", "0007", "--verbosity", "0")
    # Of that version is the database alone: this one's log would be written into tables that it lacks.
    taking = "from portal.backups import backups; backups.audit.record = lambda *_, **__: None; "
    portal.python("-c", SETUP + taking + TAKE, str(tmp_path / "backup"))

    empty.manage("restore", str(tmp_path / "backup"))

    assert empty.python("-c", SETUP + ROLES) == "('alma@example.com', 'admin')\n"
    assert empty.manage("migrate", "--check") == ""
    assert "none changed" in empty.manage("verify_audit")


def test_it_takes_the_word_of_no_backup_for_which_migrations_ran(stranger, portal, empty):
    stranger.run("UPDATE django_migrations SET name = '0001_of_a_stranger'")

    empty.manage("restore", str(stranger.forge()), "--untrusted")

    assert empty.manage("migrate", "--check") == ""


ODD_TABLES = {
    "a view": ["DROP TABLE portal_grant", "CREATE VIEW portal_grant AS SELECT * FROM portal_product"],
    "a virtual table": ["DROP TABLE portal_grant", "CREATE VIRTUAL TABLE portal_grant USING fts5(id)"],
    "a generated column": [
        "ALTER TABLE portal_product RENAME COLUMN name TO was",
        "ALTER TABLE portal_product ADD COLUMN name TEXT GENERATED ALWAYS AS (upper(was))",
    ],
    "a column less": ["ALTER TABLE portal_product RENAME COLUMN name TO was"],
    "no such table": ["DROP TABLE portal_grant"],
}


def test_it_takes_rows_from_plain_tables_alone(stranger, portal, empty):
    files = []
    for kind, statements in ODD_TABLES.items():
        if portal.url and kind != "a column less":
            continue  # a script of PostgreSQL's has rows of plain tables alone
        odd = Stranger(portal, stranger.folder)
        odd.run(*statements)
        files.append(odd.forge().rename(stranger.folder / kind))

    said = empty.refuses_to_restore(*files, untrusted=True)

    assert len(said) == len(files)
    assert [line for line in said if "is not as the portal makes it" not in line] == []
