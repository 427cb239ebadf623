import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import kombu
import pytest
from celery import Celery

from portal.celery import app as portal

ROOT = Path(__file__).parents[2]
# Generous, for a busy machine: a worker starts in two seconds and gives a lost task back within ten.
IN_TIME = 60
# The portal's settings that decide how long publishing may take.
PUBLISHING = (
    "broker_transport_options",
    "redis_socket_timeout",
    "redis_socket_connect_timeout",
    "task_publish_retry_policy",
)

pytestmark = pytest.mark.slow


@pytest.fixture
def worker(server) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts a worker of the portal, in a process group of its own."""
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "PORTAL_DATA_DIR": str(server.data_dir),
        "DATABASE_URL": "",
        "REDIS_URL": server.url,
    }
    command = [sys.executable, "-m", "celery", "-A", "tests.backends.lingering", "worker"]
    command += ["--queues", "people,refresh", "--concurrency", "1", "--without-gossip", "--without-mingle"]
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True))
        return started[-1]

    yield start
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def publish(url: str, diary: Path, seconds: float) -> None:
    with Celery(broker=url) as app:
        app.send_task("tests.linger", args=[str(diary), seconds], queue="refresh")


def wait_for(diary: Path, words: str) -> str:
    deadline = time.monotonic() + IN_TIME
    while time.monotonic() < deadline:
        if diary.exists() and words in diary.read_text():
            return diary.read_text()
        time.sleep(0.1)
    pytest.fail(f"no {words!r} within {IN_TIME} s")


def wait_until_written(data_dir: Path) -> None:
    """Appending may be put off for two seconds while the disk is slow; the next tick covers those."""
    deadline = time.monotonic() + IN_TIME
    while not any(b"tests.linger" in file.read_bytes() for file in data_dir.rglob("*.aof")):
        assert time.monotonic() < deadline, "the append-only file never had it"
        time.sleep(0.05)


def test_it_runs_the_task_of_a_killed_child_again(server, worker, tmp_path):
    diary = tmp_path / "diary"
    worker()
    publish(server.url, diary, 60)
    child = int(wait_for(diary, "began").split()[1])

    os.kill(child, signal.SIGKILL)

    assert wait_for(diary, "done").count("began") == 2


def test_it_runs_the_task_of_a_killed_worker_again(server, worker, tmp_path):
    diary = tmp_path / "diary"
    first = worker()
    publish(server.url, diary, 60)
    wait_for(diary, "began")

    os.killpg(first.pid, signal.SIGKILL)
    worker()

    assert wait_for(diary, "done").count("began") == 2


def test_it_runs_what_was_published_before_the_broker_was_killed(server, worker, tmp_path):
    diary = tmp_path / "diary"
    publish(server.url, diary, 0)
    wait_until_written(server.data_dir)

    server.kill()
    server.start()
    worker()

    wait_for(diary, "done")


def test_it_gives_back_what_is_unfinished_when_it_is_told_to_stop(server, worker, tmp_path):
    diary = tmp_path / "diary"
    first = worker()
    publish(server.url, diary, 60)
    wait_for(diary, "began")

    os.kill(first.pid, signal.SIGQUIT)

    assert first.wait(timeout=15) is not None
    with kombu.Connection(server.url) as connection:
        assert connection.SimpleQueue("refresh").qsize() == 1


def test_it_gives_up_on_a_broker_that_hangs_within_four_seconds(server):
    """One that has answered before, so that there is an old connection to wait for as well."""
    with Celery(broker=server.url) as app:
        app.conf.update({name: portal.conf[name] for name in PUBLISHING})
        app.send_task("tests.linger", queue="refresh")
        server.freeze()

        began = time.monotonic()
        with pytest.raises(kombu.exceptions.OperationalError):
            app.send_task("tests.linger", queue="refresh")

    assert time.monotonic() - began < 5.5  # 3.6 s, on a machine that has something else to do
