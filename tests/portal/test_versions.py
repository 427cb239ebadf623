"""A portal does not start on the database of a newer version, nor with keys that it never checked."""

import os
import shutil
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from tests.portal.test_wrong_keys import (
    MANAGE,
    NEW,
    OLD,
    PREPARE,
    ROOT,
    WEB,
    WORKER,
    Portal,
    free_port,
    portal,  # noqa: F401  # a fixture
)

BEAT = (sys.executable, "-m", "portal.running.light_beat")
CELERYS_BEAT = (sys.executable, "-m", "celery", "-A", "portal", "beat")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.mark.parametrize(
    "command",
    [PREPARE, (*MANAGE, "portal_up"), WEB, WORKER, BEAT, CELERYS_BEAT],
    ids=["prepare", "up", "web", "worker", "beat", "Celery's own beat"],
)
def test_it_does_not_start_on_the_database_of_a_newer_version(portal: Portal, command):  # noqa: F811
    portal.start()
    with sqlite3.connect(portal.folder / "portal.sqlite3") as database:
        database.execute(
            "INSERT INTO django_migrations VALUES (9999, 'portal', '9999_of_tomorrow', '2030-01-01')"
        )

    said = portal.refuses(*command, PORTAL_PORT=free_port())

    (sentence,) = {line for line in said.splitlines() if "newer" in line}
    assert "portal.9999_of_tomorrow" in sentence
    if command[:2] == MANAGE:  # before it starts programs that would each say so
        assert said == sentence


def ask(port: str) -> int:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def wait_for(port: str, *codes: int) -> None:
    deadline = time.monotonic() + 60
    while ask(port) not in codes:
        assert time.monotonic() < deadline
        time.sleep(0.2)


@pytest.mark.parametrize("setting", ["PORTAL_SEALING_KEYS", "PORTAL_HMAC_KEY"])
def test_it_checks_its_keys_as_soon_as_a_database_answers_that_was_down(portal: Portal, setting):  # noqa: F811
    keys = {"PORTAL_SEALING_KEYS": OLD, "PORTAL_HMAC_KEY": OLD}
    portal.start(**keys)
    before, port = portal.content(), free_port()
    file, hidden = portal.folder / "portal.sqlite3", portal.folder / "hidden"
    file.rename(hidden)
    file.mkdir()
    plain = {name: os.environ[name] for name in ("PATH", "HOME", "PORTAL_ENV_FILE") if name in os.environ}
    web = subprocess.Popen(
        [*WEB[:-1], f"127.0.0.1:{port}"],
        cwd=ROOT,
        env=plain | {"PORTAL_DATA_DIR": str(portal.folder)} | keys | {setting: NEW},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_for(port, 503)

        shutil.rmtree(file)
        hidden.rename(file)
        ask(port)

        _, said = web.communicate(timeout=60)
    finally:
        web.kill()
    assert web.returncode == 3
    assert f"portal: {setting}" in said
    assert portal.content() == before


def test_it_says_little_of_each_request_that_meets_a_dead_database(portal: Portal):  # noqa: F811
    """Real processes, since what is cut short stands in their logging alone."""
    portal.start()
    port = free_port()
    (portal.folder / "portal.sqlite3").unlink()
    (portal.folder / "portal.sqlite3").mkdir()
    plain = {name: os.environ[name] for name in ("PATH", "HOME", "PORTAL_ENV_FILE") if name in os.environ}
    log = portal.folder / "web.log"
    with log.open("w") as lines:
        web = subprocess.Popen(
            [*WEB[:-1], f"127.0.0.1:{port}"],
            cwd=ROOT,
            env=plain | {"PORTAL_DATA_DIR": str(portal.folder)},
            stderr=lines,
        )
    try:
        wait_for(port, 503)
        before = len(log.read_text().splitlines())
        session = {"Cookie": f"portal_session={'s' * 32}"}
        for path in ("/", "/invoices/", "/readyz", "/"):
            asked = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=session)
            with pytest.raises(urllib.error.HTTPError, match="503"):
                urllib.request.urlopen(asked, timeout=30)

        said = log.read_text().splitlines()[before:]
        assert "Traceback (most recent call last):" not in said
        assert len(said) <= 4 * 2
        assert any("unable to open database file" in line for line in said)
    finally:
        web.terminate()
        web.wait()


def test_it_goes_on_with_the_right_keys_once_the_database_answers(portal: Portal):  # noqa: F811
    portal.start()
    port = free_port()
    file, hidden = portal.folder / "portal.sqlite3", portal.folder / "hidden"
    file.rename(hidden)
    file.mkdir()
    plain = {name: os.environ[name] for name in ("PATH", "HOME", "PORTAL_ENV_FILE") if name in os.environ}
    web = subprocess.Popen(
        [*WEB[:-1], f"127.0.0.1:{port}"], cwd=ROOT, env=plain | {"PORTAL_DATA_DIR": str(portal.folder)}
    )
    try:
        wait_for(port, 503)
        shutil.rmtree(file)
        hidden.rename(file)
        wait_for(port, 200)
    finally:
        web.terminate()
        web.wait()
