"""Parts of taking and restoring a backup; tests/backends/test_backups.py does both for real."""

import stat
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.tokens import default_token_generator
from django.utils import timezone

from portal import environment, first_admin, password_links
from portal.keeping import CannotKeep, archive, postgres
from portal.keeping.reviving import revive
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
