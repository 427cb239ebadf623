"""A SQLite file that is no database any more: what is said of it, and the restore that it needs."""

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


@pytest.mark.parametrize("place", [0, 8192], ids=["no database at all", "broken inside"])
def test_it_is_put_aside_by_a_restore(portal, tmp_path, place):
    file = portal.folder / "portal.sqlite3"
    content = file.read_bytes()
    broken = content[:place] + b"\xff" * 65536 + content[place + 65536 :]
    file.write_bytes(broken)

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
