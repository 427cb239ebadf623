"""A SQLite file that is no database any more: what is said of it, and the restore that it needs."""

import sqlite3
from contextlib import closing

import pytest

from tests import migrated
from tests.backends.test_backups import Portal

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def portal(tmp_path):
    (tmp_path / "portal").mkdir()
    migrated.copy_to(tmp_path / "portal" / "portal.sqlite3")
    portal = Portal(tmp_path / "portal", "")
    portal.manage("portal_up", "--only-prepare")
    portal.manage("backup", str(tmp_path / "backup"))
    return portal


def said(portal, *command):
    process = portal.start("manage.py", *command)
    said, complained = process.communicate(timeout=200)
    return process.returncode, said, complained


def break_at(file, place, size=65536):
    content = file.read_bytes()
    broken = content[:place] + b"\xff" * size + content[place + size :]
    file.write_bytes(broken)
    return broken


@pytest.mark.parametrize("place", [0, 8192], ids=["no database at all", "broken inside"])
def test_it_is_put_aside_by_a_restore(portal, tmp_path, place):
    file = portal.folder / "portal.sqlite3"
    broken = break_at(file, place)

    code, told, complained = said(portal, "restore", str(tmp_path / "backup"), "--replace")

    assert code == 0, complained
    (aside,) = portal.folder.glob("portal.sqlite3.broken-*")
    assert f"The broken database is kept as {aside}." in told
    assert aside.read_bytes()[100:] == broken[100:]  # the header tells of the log beside it
    assert portal.manage("verify_audit")


@pytest.mark.parametrize(
    "command", [["portal_up"], ["portal_up", "--only-prepare"], ["backup", "new"], ["restore"]], ids=" ".join
)
def test_it_is_named_in_one_sentence(portal, tmp_path, command):
    (portal.folder / "portal.sqlite3").write_bytes(b"\xff" * 65536)
    if command == ["restore"]:
        command = ["restore", str(tmp_path / "backup")]

    code, _, complained = said(portal, *command)

    assert code == 1
    (sentence,) = complained.strip().splitlines()
    assert "The database does not work: file is not a database." in sentence


def test_a_backup_of_one_that_is_broken_inside_says_so_and_leaves_no_file(portal, tmp_path):
    """In a table that no command looks at before it begins."""
    file = portal.folder / "portal.sqlite3"
    with closing(sqlite3.connect(file)) as database:
        ((size,), (page,)) = (
            database.execute(asked).fetchone()
            for asked in ("PRAGMA page_size", "SELECT rootpage FROM sqlite_master WHERE name = 'portal_user'")
        )
    break_at(file, (page - 1) * size, size)

    code, _, complained = said(portal, "backup", str(tmp_path / "new"))

    assert code == 1
    assert complained.strip() == "CommandError: The database does not work: database disk image is malformed."
    assert not (tmp_path / "new").exists()
