"""What goes wrong in the first five minutes is said in one sentence, or does not go wrong."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

from portal.management.commands import portal_up
from portal.running.supervision import STOP_SIGNALS

ROOT = Path(__file__).parents[2]
PREPARE = [sys.executable, "manage.py", "portal_up", "--only-prepare"]
UP = [sys.executable, "manage.py", "portal_up"]


def environment(folder: Path, **variables: str) -> dict[str, str]:
    plain = {name: os.environ[name] for name in ("PATH", "HOME", "PORTAL_ENV_FILE") if name in os.environ}
    return plain | {"PORTAL_DATA_DIR": str(folder), "PORTAL_LOG_LEVEL": "ERROR"} | variables


def test_a_venv_that_could_not_be_made_is_removed_and_what_is_missing_is_named(tmp_path):
    """Without python3-venv Debian's Python leaves half of one, which every later make takes for whole."""
    half = tmp_path / "python"
    half.write_text('#!/bin/sh\n[ "$1" = -c ] && exit 0\nmkdir -p "$3/bin" && : > "$3/bin/python"; exit 1\n')
    half.chmod(0o755)

    venv = tmp_path / "venv"
    done = subprocess.run(
        ["make", "install", f"VENV={venv}", f"PYTHON={half}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode
    assert "python3-venv" in done.stdout
    assert not venv.exists()


def test_the_readme_names_what_a_bare_debian_needs():
    assert "apt install python3 python3-venv make" in (ROOT / "README.md").read_text()


@pytest.mark.parametrize("name", [".gitignore", ".dockerignore"])
def test_backups_in_the_checkout_are_left_out(name):
    assert re.search(r"^/?backups/?$", (ROOT / name).read_text(), re.MULTILINE)


def test_a_hangup_that_nohup_ignores_stays_ignored(monkeypatch):
    monkeypatch.setattr(portal_up, "up", lambda *_, **__: None)
    before = [(number, signal.getsignal(number)) for number in STOP_SIGNALS]
    try:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

        call_command("portal_up")

        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
        assert signal.getsignal(signal.SIGTERM) == signal.default_int_handler
    finally:
        for number, handler in before:
            signal.signal(number, handler)


@pytest.mark.slow
def test_too_few_open_files_are_named_before_anything_is_done(tmp_path):
    done = subprocess.run(
        ["sh", "-c", 'ulimit -n 100; exec "$0" "$@"', *UP],
        cwd=ROOT,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )

    assert done.returncode == 1
    assert "CommandError: ulimit -n allows 100 open files, and the portal needs 256: raise it." in done.stderr


@pytest.mark.slow
def test_two_preparations_at_once_take_turns(tmp_path):
    both = [
        subprocess.Popen(PREPARE, cwd=ROOT, env=environment(tmp_path), stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]

    said = [process.communicate(timeout=110)[1] for process in both]

    assert [process.returncode for process in both] == [0, 0], said


@pytest.mark.slow
def test_a_terminal_without_our_letters_stops_nothing(tmp_path):
    ascii_only = {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    script = (
        "import django; django.setup()\n"
        "from django.core.management import call_command\n"
        "from portal.management.commands import portal_up\n"
        "portal_up.up = lambda say, **_: say('Preparing\\u2026')\n"
        "call_command('portal_up')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=environment(tmp_path, DJANGO_SETTINGS_MODULE="portal.settings", **ascii_only),
        capture_output=True,
        check=False,
        timeout=100,
    )

    assert (done.returncode, done.stdout) == (0, b"Preparing?\n"), done.stderr


def read_only(*command: str) -> list[str]:
    """The command, for which the checkout cannot be written and was never started from before."""
    hidden = f"if [ -d {ROOT}/build ]; then mount -t tmpfs -o ro tmpfs {ROOT}/build; fi"
    mount = f"mount --bind {ROOT} {ROOT} && mount -o remount,bind,ro {ROOT} && {hidden} && cd {ROOT} && exec "
    return ["unshare", "--mount", "--map-root-user", "sh", "-c", mount + '"$0" "$@"', *command]


@pytest.mark.slow
def test_a_checkout_that_cannot_be_written_has_its_static_files_in_the_data_folder(tmp_path):
    script = (
        "import django; django.setup()\n"
        "from pathlib import Path; from django.conf import settings; from portal.running import preparing\n"
        "plain = 'django.contrib.staticfiles.storage.StaticFilesStorage'\n"
        "settings.STORAGES['staticfiles']['BACKEND'] = plain\n"
        "preparing.collect_static_files(); print(settings.STATIC_ROOT)"
    )
    variables = {"DJANGO_SETTINGS_MODULE": "portal.settings", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        read_only(sys.executable, "-c", script),
        env=environment(tmp_path, **variables),
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )

    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()) == tmp_path / "static"
    assert (tmp_path / "static" / "css" / "app.css").exists()
