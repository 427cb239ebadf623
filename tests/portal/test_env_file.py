"""The file .env, which every command reads, wherever it is typed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from portal import environment
from tests.portal.test_settings import PASSED_ON, POSTGRES, ROOT, SECRETS

SHOW = "from django.conf import settings as s; print(s.PORTAL_DATA_DIR, s.DATABASES['default']['ENGINE'])"


@pytest.fixture
def env_file(tmp_path):
    return tmp_path / "the team's.env"


def manage(env_file: Path, *arguments: str, cwd: Path = ROOT, **variables: str):
    passed_on = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return subprocess.run(
        [sys.executable, ROOT / "manage.py", *arguments],
        cwd=cwd,
        env=passed_on | {"PORTAL_ENV_FILE": str(env_file)} | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def shown(env_file: Path, **options):
    return manage(env_file, "shell", "--no-imports", "--command", SHOW, **options)


def read(monkeypatch, env_file: Path, content: bytes) -> dict[str, str]:
    monkeypatch.setattr(os, "environ", {"SET": "before"})
    env_file.write_bytes(content)
    environment.read_file(env_file)
    return os.environ


def test_a_command_works_on_the_database_that_the_file_names(env_file, tmp_path):
    """It made another one, empty, in the folder that is used when nothing is set."""
    env_file.write_text(f"PORTAL_DATA_DIR={tmp_path}/team\n")

    assert shown(env_file).stdout.split()[0] == f"{tmp_path}/team"
    assert shown(env_file, PORTAL_DATA_DIR=f"{tmp_path}/mine").stdout.split()[0] == f"{tmp_path}/mine"


@pytest.mark.parametrize("folder", ["build/check", "./build/check"])
def test_a_folder_is_the_same_wherever_a_command_is_typed(env_file, tmp_path, folder):
    """The launcher prepared one beside the shell, and the web server had another in the checkout."""
    env_file.write_text(f"PORTAL_DATA_DIR={folder}\n")

    assert {shown(env_file, cwd=cwd).stdout.split()[0] for cwd in (ROOT, tmp_path)} == {f"{ROOT}/build/check"}
    assert list(tmp_path.glob("build")) == []


def test_a_folder_may_be_in_the_home_folder(env_file, tmp_path):
    env_file.write_text("PORTAL_DATA_DIR=~/portal\n")

    assert shown(env_file, HOME=str(tmp_path)).stdout.split()[0] == f"{tmp_path}/portal"


def test_the_demo_shares_neither_data_nor_address_with_the_team(env_file, tmp_path):
    """It stops at its port, which is none; with the team's PostgreSQL it would miss the secrets before."""
    env_file.write_text(f"DATABASE_URL={POSTGRES['DATABASE_URL']}\nPORTAL_URL=ftp://x\nPORTAL_PORT=none\n")

    demo = manage(env_file, "portal_up", "--demo", PORTAL_DATA_DIR=str(tmp_path / "demo"))

    assert demo.stderr.startswith("portal: PORTAL_PORT must be a whole number")


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=plain", "plain"),
        ("A = spaced ", "spaced"),
        ("export A=exported", "exported"),
        ('A="double quoted" ', "double quoted"),
        ("A='single \\ quoted'  # a comment", "single \\ quoted"),
        (r'A="a \"quote\""', 'a "quote"'),
        (r'A="one\ntwo\r\tthree\\n"', "one\ntwo\r\tthree\\n"),
        (r'A="C:\data"', r"C:\data"),
        (r'A="a\$b$$c"', "a$b$c"),
        ("A=pa$$word", "pa$word"),
        ("A='pa$$word\\n'", "pa$$word\\n"),
        ("A=$HOME", "$HOME"),
        ("A='one\x0btwo\x85three\u2028four'", "one\x0btwo\x85three\u2028four"),
        ("A=words # a comment", "words"),
        ("A= # a comment", ""),
        ("A=", ""),
        ("A=no#comment", "no#comment"),
        ("A=postgres://user:p=a'ss@host/name?x=1", "postgres://user:p=a'ss@host/name?x=1"),
        ("A=Zoë", "Zoë"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_it_reads_what_people_write(monkeypatch, env_file, line, value, end):
    assert read(monkeypatch, env_file, (line + end).encode()) == {"SET": "before", "A": value}


def test_what_is_set_stays(monkeypatch, env_file):
    content = "\ufeffSET=after\n\n  # A=comment\nB=1\n".encode()

    assert read(monkeypatch, env_file, content) == {"SET": "before", "B": "1"}


@pytest.mark.parametrize(
    "line", ["DATABASE_URL", "DATABASE_URL: secret", "A-B=secret", 'A="secret', "A='x'secret", "=secret"]
)
def test_a_line_that_says_nothing_is_named_and_not_quoted(env_file, line):
    env_file.write_text(f"PORTAL_PORT=8000\n{line}\n")

    done = manage(env_file, "check")

    assert done.returncode == 1
    assert done.stderr == f"portal: Line 2 of {env_file} is not of the form NAME=value.\n"


def test_a_file_in_another_encoding_is_named(monkeypatch, env_file):
    with pytest.raises(ImproperlyConfigured, match="is not in UTF-8"):
        read(monkeypatch, env_file, "A=Zoë".encode("latin-1"))


def test_a_file_that_is_none_is_named(monkeypatch, env_file):
    env_file.mkdir()

    with pytest.raises(ImproperlyConfigured, match="cannot be read: Is a directory"):
        environment.read_file(env_file)


def test_one_that_is_not_there_sets_nothing(env_file, tmp_path):
    done = shown(env_file, PORTAL_DATA_DIR=str(tmp_path / "data"), **POSTGRES, **SECRETS)

    assert done.stdout.split()[1] == "django.db.backends.postgresql"
