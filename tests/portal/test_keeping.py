"""Parts of taking and restoring a backup; tests/backends/test_backups.py does both for real."""

import hashlib
import json
import stat
import tracemalloc
import zipfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.tokens import default_token_generator
from django.utils import timezone

from portal import environment
from portal.acts import first_admin, password_links
from portal.backups import CannotKeep, archive, postgres
from portal.backups.after_restore import revive
from portal.models import FirstAdminToken, Invitation, Notification, PasswordLink, ShareLink

TOLD = {
    "created_at": "2026-01-02T03:04:05+00:00",
    "portal": "1.0",
    "database": "sqlite",
    "migrations": {},
    "rows": {},
    "sealing_keys": [],
    "sealing_check": "",
    "hmac_check": "",
}


@pytest.mark.django_db
def test_it_lets_nobody_in_by_a_link_that_may_have_been_used_since(people):
    first_admin.issue_token()
    alma, later = people.admin("Alma"), timezone.now() + timedelta(days=2)
    for name in ("ben", "cleo"):
        Invitation.objects.create(email=f"{name}@example.com", hash=name, invited_by=alma, expires_at=later)
    Invitation.objects.filter(hash="cleo").update(accepted_by=people.member("Cleo"))

    revive()

    assert not Invitation.objects.valid().exists()
    assert Invitation.objects.open().get().email == "ben@example.com"
    assert Invitation.objects.get(hash="cleo").expires_at == later
    assert not FirstAdminToken.objects.exists()


@pytest.mark.django_db
def test_it_opens_nothing_that_may_have_been_closed_since(people, rows):
    alma, acme = people.admin("Alma"), rows.account("Acme")
    link, _secret = ShareLink.objects.make(alma, days=7, name="Adviser", accounts=[acme])
    password_link = default_token_generator.make_token(alma)
    password_links.make(alma, alma)

    revive()

    assert not ShareLink.objects.filter(pk=link.pk, revoked_at=None).exists()
    alma.refresh_from_db()
    assert not default_token_generator.check_token(alma, password_link)
    assert not PasswordLink.objects.open().exists()


@pytest.mark.django_db
def test_it_mails_nothing_that_may_have_been_mailed_since(people):
    told = Notification.objects.create(person=people.member("Alma"), kind="overdue", subject="invoice 1")

    revive()

    told.refresh_from_db()
    assert told.state == Notification.State.TRIED
    assert not Notification.objects.due(timezone.now()).exists()


def found(monkeypatch, server: int, *versions: int) -> str:
    monkeypatch.setattr(postgres, "_server_version", lambda: server)
    monkeypatch.setattr(
        postgres, "_installed", lambda program: [f"{program}-{version}" for version in versions]
    )
    monkeypatch.setattr(postgres, "_version", lambda path: int(path.rpartition("-")[2]))
    return postgres._find("pg_dump")


@pytest.mark.parametrize(("versions", "path"), [([16, 17, 18], "pg_dump-17"), ([15, 19, 18], "pg_dump-18")])
def test_it_takes_the_program_of_the_servers_version_or_the_next(monkeypatch, versions, path):
    assert found(monkeypatch, 17, *versions) == path


@pytest.mark.parametrize(
    ("versions", "words"),
    [
        ([14, 16], r"^pg_dump 16 is older than the server, which is 17: install "),
        ([], "^pg_dump was not found"),
    ],
)
def test_it_says_which_program_it_lacks(monkeypatch, versions, words):
    with pytest.raises(CannotKeep, match=rf"{words}.*postgresql-client-17\.$"):
        found(monkeypatch, 17, *versions)


def test_it_tells_where_a_secret_is(monkeypatch, tmp_path):
    name = "PORTAL_HMAC_KEY"
    for variable in (name, f"{name}_FILE"):
        monkeypatch.delenv(variable, raising=False)
    environment.read_secret(name, tmp_path, generate=True)
    assert Path(environment.where(name, tmp_path)).is_file()

    monkeypatch.setenv(f"{name}_FILE", "/run/secrets/hmac")
    assert environment.where(name, tmp_path) == "/run/secrets/hmac"

    monkeypatch.delenv(f"{name}_FILE")
    monkeypatch.setenv(name, "a secret")
    assert environment.where(name, tmp_path) == "the environment"


@pytest.fixture
def backup(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "dump").write_bytes(bytes(range(256)) * 40)
    archive.write(tmp_path / "backup", folder, folder / "dump", TOLD)
    return tmp_path / "backup"


def test_it_reads_back_what_it_wrote(backup, tmp_path):
    read = archive.Archive(backup)

    assert read.extract(tmp_path).read_bytes() == bytes(range(256)) * 40
    assert (read.manifest.created_at, read.manifest.size) == (TOLD["created_at"], 256 * 40)
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600


def test_it_notices_wherever_a_file_was_cut_or_a_bit_flipped(backup, tmp_path):
    whole, dump = backup.read_bytes(), bytes(range(256)) * 40
    spoilt = [whole[:length] for length in range(len(whole))]
    spoilt += [whole[:at] + bytes([whole[at] ^ 1 << at % 8]) + whole[at + 1 :] for at in range(len(whole))]
    for number, content in enumerate(spoilt):
        backup.write_bytes(content)
        folder = tmp_path / str(number)
        folder.mkdir()
        try:
            read = archive.Archive(backup).extract(folder).read_bytes()
        except CannotKeep:
            continue
        assert read == dump, number  # a bit that means nothing, such as a time in the directory
        assert len(content) == len(whole)


# A stranger's file


def forged(path, manifest, *, dump=b"", others=()):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("database", dump)
        file.writestr("manifest.json", manifest if isinstance(manifest, str) else json.dumps(manifest))
        for name in others:
            file.writestr(name, "evil")
    return path


@pytest.mark.parametrize(
    "told", [{"portal": "2.0"}, {"rows": {"portal_user": 2}}, {"sha256": "0"}, {"size": 1}]
)
def test_it_tells_a_manifest_that_was_changed(backup, told):
    manifest = archive.Archive(backup).manifest

    assert manifest.is_signed
    assert not replace(manifest, **told).is_signed
    assert not replace(manifest, hmac="").is_signed


def test_it_tells_a_manifest_of_another_key(backup, settings):
    settings.ULTAHOST = settings.ULTAHOST | {"HMAC_KEY": b"another"}

    assert not archive.Archive(backup).manifest.is_signed


def test_it_unpacks_no_more_than_the_manifest_tells(tmp_path):
    dump = b"\0" * 50_000_000
    told = TOLD | {"format": 2, "size": 1000, "sha256": hashlib.sha256(dump).hexdigest()}
    bomb = forged(tmp_path / "bomb", told, dump=dump)
    assert bomb.stat().st_size < 100_000

    with pytest.raises(CannotKeep, match="is damaged"):
        archive.Archive(bomb).extract(tmp_path)

    assert (tmp_path / "database").stat().st_size <= 1000


def test_it_unpacks_nothing_that_does_not_fit(tmp_path):
    large = forged(tmp_path / "large", TOLD | {"format": 2, "size": 10**18})

    with pytest.raises(CannotKeep, match="make room"):
        archive.Archive(large).extract(tmp_path)


def test_it_reads_no_manifest_that_is_a_bomb(tmp_path):
    bomb = forged(tmp_path / "bomb", json.dumps(TOLD | {"format": 2}) + " " * 50_000_000)
    tracemalloc.start()
    try:
        with pytest.raises(CannotKeep, match="is not a backup"):
            archive.Archive(bomb)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def test_it_unpacks_nothing_beside_the_dump(tmp_path):
    told = TOLD | {"format": 2, "sha256": hashlib.sha256(b"").hexdigest()}
    (tmp_path / "folder").mkdir()

    archive.Archive(forged(tmp_path / "odd", told, others=["../evil", "/evil", "x"])).extract(
        tmp_path / "folder"
    )

    assert sorted(path.name for path in tmp_path.rglob("*")) == ["database", "folder", "odd"]


@pytest.mark.parametrize(
    "told",
    [
        "[]",
        "null",
        "[" * 100_000,
        {"rows": []},
        {"rows": {"portal_user": "1"}},
        {"rows": {"portal_user": -1}},
        {"migrations": ["portal"]},
        {"migrations": {"portal": 1}},
        {"sealing_keys": None},
        {"sealing_check": 1},
        {"created_at": "\x1b[2J"},
        {"database": "\x1b[2J"},
        {"size": "1"},
        {"hmac": None},
        {"unknown": 1},
    ],
)
def test_it_refuses_a_manifest_that_it_cannot_have_written(tmp_path, told):
    manifest = told if isinstance(told, str) else TOLD | {"format": 2} | told

    with pytest.raises(CannotKeep, match="is not a backup"):
        archive.Archive(forged(tmp_path / "odd", manifest))
