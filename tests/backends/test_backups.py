"""Real backups of real databases, taken while others write, and put back elsewhere."""

import base64
import json
import resource
import shutil
import signal
import sqlite3
import subprocess
import time
import zipfile
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from tests.backends.kept import SECRETS, SETUP, Portal, changed, manifest_of

OTHER = base64.urlsafe_b64encode(b"n" * 32).decode()

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

# An event and an entry of the log in one transaction: a backup has as many of the one as of the other.
WRITE = (
    SETUP
    + """
from django.db import transaction
from portal import audit
from portal.models import Act
from ultahost_api.models import Account, Event
acme = Account.objects.get()
print("writing", flush=True)
while True:
    with transaction.atomic():
        Event.objects.create(account=acme, noun="invoices", kind="appeared", name="x" * 200)
        audit.record(None, Act.EXPORTED, "event")
"""
)
READ = (
    SETUP
    + """
from django.contrib.sessions.models import Session
from portal.models import AuditEntry
from ultahost_api.crypto import sealed_columns
from ultahost_api.models import ApiKey, Event, Operation
print([sealed_columns.unseal(key, "sealed") for key in ApiKey.objects.order_by("created_at")])
print(sorted(Operation.objects.values_list("state", flat=True)))
exported = AuditEntry.objects.filter(act="export.csv")
print(Event.objects.count() == exported.count() > 0, Session.objects.count())
"""
)


def test_it_puts_back_elsewhere_what_it_took_while_others_wrote(portal, empty, tmp_path):
    file = tmp_path / "backup"
    writers = [portal.start("-c", WRITE) for _ in range(3)]
    try:
        for writer in writers:
            assert writer.stdout.readline() == "writing\n"
        said = portal.manage("backup", str(file))
    finally:
        for writer in writers:
            assert writer.poll() is None, writer.stderr.read()
            writer.kill()
            writer.communicate()
    assert "PORTAL_SEALING_KEYS" in said
    assert "PORTAL_HMAC_KEY" in said
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path for path in tmp_path.iterdir() if path.is_file()] == [file]
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
    with zipfile.ZipFile(file) as archive:
        everything = b"".join(map(archive.read, archive.namelist()))
    assert portal.url or b"alma@example.com" in everything  # PostgreSQL's dump is compressed
    for secret in ("canary", *SECRETS.values(), "sk_test"):
        assert secret.encode() not in everything

    said = empty.refuses("restore", str(file), environment={"PORTAL_SEALING_KEYS": OTHER})
    assert "PORTAL_SEALING_KEYS does not open" in said
    said = empty.refuses("restore", str(file), environment={"PORTAL_HMAC_KEY": OTHER})
    assert "PORTAL_HMAC_KEY is not that of the portal" in said

    said = empty.manage("restore", str(file))
    assert "The current sealing keys decrypt its API keys." in said
    told = manifest_of(file)["rows"]
    empty.manage("portal_up", "--only-prepare")
    assert "none changed" in empty.manage("verify_audit")
    # What restoring itself wrote comes on top.
    assert counted(empty)["portal_auditentry"] == told["portal_auditentry"] + 1
    assert {table: count for table, count in counted(empty).items() if table in SAME} == {
        table: count for table, count in told.items() if table in SAME
    }
    keys, states, whole = empty.python("-c", READ).splitlines()
    assert keys == str([f"sk_test_secret_{number}" for number in range(20)])
    assert states == "['done', 'unknown', 'unknown']"
    assert whole == "True 0"


SAME = {f"ultahost_api_{noun}" for noun in ("account", "apikey", "event", "operation")} | {"portal_user"}


def counted(portal: Portal) -> dict[str, int]:
    told = portal.python(
        "-c", SETUP + "import json; from portal.backups import content; print(json.dumps(content.rows()))"
    )
    return json.loads(told)


def test_it_restores_without_the_keys_when_that_is_meant(portal, empty, tmp_path):
    portal.manage("backup", str(tmp_path / "backup"))
    empty.environment |= {"PORTAL_SEALING_KEYS": OTHER}

    said = empty.manage("restore", str(tmp_path / "backup"), "--without-keys")

    assert "portal_up --allow-new-keys" in said
    assert "PORTAL_SEALING_KEYS" in empty.refuses("portal_up", "--only-prepare")
    empty.manage("portal_up", "--only-prepare", "--allow-new-keys")


def test_it_replaces_content_only_when_it_is_told_to(portal, empty, tmp_path):
    portal.manage("backup", str(tmp_path / "backup"))
    empty.manage("portal_up", "--only-prepare")
    empty.python("-c", SETUP + "from portal.models import User; User.objects.create_user('ben@example.com')")

    assert "--replace" in empty.refuses("restore", str(tmp_path / "backup"))

    empty.manage("restore", str(tmp_path / "backup"), "--replace")
    emails = SETUP + "from portal.models import User; print(*User.objects.values_list('email', flat=True))"
    assert empty.python("-c", emails) == "alma@example.com\n"
    empty.manage("portal_up", "--only-prepare")
    empty.manage("verify_audit")


def test_it_refuses_a_file_that_is_not_all_of_a_backup(portal, tmp_path):
    file = tmp_path / "backup"
    portal.manage("backup", str(file))
    whole = file.read_bytes()
    middle = len(whole) // 2
    contents = {
        "empty": b"",
        "foreign": b"SQLite format 3\0" + b"\0" * 999,
        "half": whole[:middle],
        "cut": whole[:-1],
        "flipped": whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :],
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)

    *refused, flipped, missing = portal.refuses_to_restore(*(tmp_path / name for name in [*contents, "none"]))

    assert (
        refused
        == [f"{tmp_path / name} is not a backup of the portal, or not all of one." for name in contents][:-1]
    )
    assert flipped == f"{tmp_path / 'flipped'} is damaged: what is in it is not what was written."
    assert missing == f"{tmp_path / 'none'} cannot be read: No such file or directory."


def test_it_refuses_what_it_cannot_have_made(portal, tmp_path):
    file = tmp_path / "backup"
    portal.manage("backup", str(file))
    told = manifest_of(file)

    refused = portal.refuses_to_restore(
        changed(file, "migrated", migrations=told["migrations"] | {"portal": "9999_of_tomorrow"}),
        changed(file, "formed", format=3),
        changed(file, "named", database="oracle"),
        changed(file, "counted", rows=told["rows"] | {"portal_user": 7}),
        untrusted=True,
    )

    words = ["newer portal", "newer portal", "is a backup of oracle", "does not hold what its manifest says"]
    assert [word in sentence for word, sentence in zip(words, refused, strict=True)] == [True] * 4


def test_it_leaves_the_older_file_when_it_is_killed(portal, tmp_path):
    file = tmp_path / "backup"
    file.write_text("the one before")
    codes = []
    for number in range(6):
        known = file.stat()
        process = portal.start("manage.py", "backup", str(file))
        begun = ".portal-*/backup" if number % 2 else ".portal-*/*"  # the file itself, or what it is made of
        while not list(tmp_path.glob(begun)) and file.stat() == known and process.poll() is None:
            time.sleep(0.001)
        time.sleep(0.005 * (number // 2))
        process.kill()
        process.communicate()
        codes.append(process.returncode)
        assert file.read_bytes() == b"the one before" or is_whole(file)
        for left in tmp_path.glob(".portal-*/*"):
            assert left.stat().st_mode & 0o077 == 0 or left.parent.stat().st_mode & 0o077 == 0
            left.unlink()
    assert -signal.SIGKILL in codes


def is_whole(file: Path) -> bool:
    with zipfile.ZipFile(file) as archive:
        return archive.testzip() is None


def test_it_says_in_one_sentence_where_it_cannot_write(portal, tmp_path):
    (tmp_path / "folder").mkdir()

    assert "No such file or directory" in portal.refuses("backup", str(tmp_path / "none" / "backup"))
    assert "Is a directory" in portal.refuses("backup", str(tmp_path / "folder"))

    def fill_up() -> None:
        most = 20_000 if portal.url else 100_000  # bytes; SQLite's own files beside the database are larger
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    assert portal.refuses("backup", str(tmp_path / "backup"), preexec_fn=fill_up)
    assert not (tmp_path / "backup").exists()
    assert not list(tmp_path.glob(".portal-*"))


def test_it_restores_under_no_running_portal(portal, tmp_path):
    portal.manage("backup", str(tmp_path / "backup"))
    script = (
        SETUP + "from portal.models import User; User.objects.count(); print('here', flush=True); input()"
    )
    other = portal.start("-c", script, stdin=subprocess.PIPE)
    assert other.stdout.readline() == "here\n"

    assert "stop the portal first" in portal.refuses("restore", str(tmp_path / "backup"), "--replace")

    other.communicate("\n")
    portal.manage("restore", str(tmp_path / "backup"), "--replace")


def test_it_has_the_old_content_or_the_new_when_it_is_killed(portal, tmp_path):
    portal.manage("backup", str(tmp_path / "backup"))
    portal.python("-c", SETUP + "from portal.models import User; User.objects.create_user('ben@example.com')")
    before = users(portal)
    for number in range(8):
        process = portal.start("manage.py", "restore", str(tmp_path / "backup"), "--replace")
        while not begun(portal) and process.poll() is None:
            time.sleep(0.002)
        time.sleep(0.15 * number)
        process.kill()
        process.communicate()
        wait_until_alone(portal)
        assert users(portal) in (before, ["alma@example.com"])
        assert (under_way(portal) == []) == (users(portal) != before)

    portal.manage("restore", str(tmp_path / "backup"), "--replace")
    assert users(portal) == ["alma@example.com"]
    portal.manage("verify_audit")


def users(portal: Portal) -> list[str]:
    return column(portal, "SELECT email FROM portal_user ORDER BY email")


def under_way(portal: Portal) -> list[str]:
    """What a worker would send, or take for being sent."""
    return column(portal, "SELECT id FROM ultahost_api_operation WHERE state IN ('queued', 'sending')")


def column(portal: Portal, query: str) -> list[str]:
    if portal.url:
        with psycopg.connect(portal.url) as database:
            return [str(value) for (value,) in database.execute(query)]
    with closing(sqlite3.connect(portal.folder / "portal.sqlite3")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return [str(value) for (value,) in database.execute(query)]


def begun(portal: Portal) -> bool:
    """Whether somebody else than the test is at the database, or at its copy."""
    return others(portal) > 0 if portal.url else bool(list(portal.folder.glob(".portal-*/*")))


def others(portal: Portal) -> int:
    """Connections; psql goes on for a moment after the command was killed."""
    query = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    with psycopg.connect(portal.url) as database:
        return database.execute(query).fetchone()[0]


def wait_until_alone(portal: Portal) -> None:
    for left in portal.folder.glob(".portal-*"):
        shutil.rmtree(left)
    while portal.url and others(portal):
        time.sleep(0.05)
