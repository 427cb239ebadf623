import base64
import configparser
import contextlib
import fcntl
import http.client
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from supervisor.options import UnhosedConfigParser

from portal.running import CannotStart, launcher, ports, preparing
from portal.running.preparing import collect_static_files
from portal.running.programs import Program, configuration, programs
from ultahost_api import installation

ROOT = Path(__file__).parents[2]
# What a launcher of its own starts with, instead of the settings of the tests.
PLAIN = {"DJANGO_SETTINGS_MODULE": "portal.settings", "DATABASE_URL": "", "REDIS_URL": ""}


def names(sandbox_port: int | None = None) -> list[str]:
    return [program.name for program in programs(sandbox_port)]


@pytest.fixture
def data_dir(settings, tmp_path) -> Path:
    settings.PORTAL_DATA_DIR = tmp_path
    return tmp_path


def test_it_runs_the_embedded_valkey_only_without_a_redis(settings, data_dir):
    settings.REDIS_URL = ""
    assert names() == ["valkey", "web", "worker", "beat"]

    settings.REDIS_URL = "redis://elsewhere"
    assert names() == ["web", "worker", "beat"]


def test_it_runs_the_sandbox_in_the_demo(settings, data_dir):
    settings.REDIS_URL = "redis://elsewhere"

    assert names(sandbox_port=8001) == ["sandbox", "web", "worker", "beat"]


def test_it_serves_the_queue_of_people_as_well(settings, data_dir):
    (worker,) = (program for program in programs(None) if program.name == "worker")

    assert worker.command[worker.command.index("--queues") + 1] == "people,refresh"


def web_configuration(data_dir: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """What gunicorn makes of the command that supervisord is given."""
    (web,) = (program for program in programs(None) if program.name == "web")
    environment = os.environ | PLAIN | {"PORTAL_DATA_DIR": str(data_dir)} | variables
    return subprocess.run(
        [*web.command, "--print-config"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(("host", "bound"), [("127.0.0.1", "127.0.0.1:8123"), ("::1", "[::1]:8123")])
def test_it_binds_the_web_server_to_the_host(data_dir, host, bound):
    said = web_configuration(data_dir, PORTAL_HOST=host, PORTAL_PORT="8123").stdout

    assert re.search(rf"^bind += \['{re.escape(bound)}'\]$", said, re.M), said
    assert re.search(r"^control_socket_disable += True$", said, re.M)
    assert re.search(r"^preload_app += True$", said, re.M)  # its workers share memory
    assert re.search(r"^logger_class += .*MaskedLogger", said, re.M)


def test_its_web_server_refuses_a_wrong_setting_in_one_sentence(data_dir):
    refused = web_configuration(data_dir, PORTAL_PORT="eight")

    assert refused.returncode != 0
    assert refused.stderr == "portal: PORTAL_PORT must be a whole number from 1 to 65535, not 'eight'.\n"


def test_its_configuration_starts_each_program_again_however_often_it_dies(data_dir):
    parsed = configparser.RawConfigParser()
    parsed.read_string(configuration(list(programs(8001)), as_root=False))

    sections = [parsed[name] for name in parsed.sections() if name.startswith("program:")]
    assert len(sections) == 5
    assert all(section["autorestart"] == "true" for section in sections)
    assert all(int(section["startretries"]) > 1000 for section in sections)
    assert [int(section["priority"]) for section in sections] == [1, 2, 3, 4, 5]


def test_its_configuration_has_no_server_that_takes_orders(data_dir):
    text = configuration([], as_root=False)

    assert "http_server" not in text


def test_its_configuration_takes_any_command(data_dir):
    command = ["echo", "a b", "100% ;no #comment", "it's; #", "%(here)s", "ü", '"', "~", "a;b"]
    text = configuration([Program("web", command)], as_root=True)

    parsed = UnhosedConfigParser()
    parsed.read_string(text)
    assert shlex.split(parsed.saneget("program:web", "command")) == command
    assert "user = root" in text


def test_it_keeps_secrets_out_of_its_configuration(settings, data_dir, monkeypatch):
    """A Redis has its password in its address, a database too; both come to the programs as settings."""
    settings.REDIS_URL = "redis://:redis-canary@elsewhere"
    monkeypatch.setitem(settings.DATABASES["default"], "PASSWORD", "database-canary")

    text = configuration(list(programs(8001)), as_root=False)

    sealing_keys = [base64.urlsafe_b64encode(key).decode() for key in settings.ULTAHOST["SEALING_KEYS"]]
    hmac_key = settings.ULTAHOST["HMAC_KEY"].decode()
    secrets = [settings.SECRET_KEY, hmac_key, *sealing_keys, "redis-canary", "database-canary"]
    assert sealing_keys
    assert min(map(len, secrets)) > 10
    assert [secret for secret in secrets if secret in text] == []
    assert "environment" not in text


def test_it_collects_a_static_file_again_that_changed_and_kept_its_size(settings, tmp_path):
    source, root = tmp_path / "source", tmp_path / "collected"
    source.mkdir()
    settings.STATICFILES_DIRS, settings.STATIC_ROOT = [source], root
    (source / "one.css").write_text("a { color: red }")
    collect_static_files()
    (source / "one.css").write_text("a { color: tan }")
    later = time.time() + 5
    os.utime(source / "one.css", (later, later))

    collect_static_files()

    assert (root / "one.css").read_text() == "a { color: tan }"


def test_it_changes_nothing_in_a_database_of_other_keys(settings, db, monkeypatch):
    installation.remember_api_url(allow_new=True)
    installation.remember_keys(allow_new=True)
    called = []
    monkeypatch.setattr(preparing, "call_command", lambda name, **_: called.append(name))
    settings.ULTAHOST = {**settings.ULTAHOST, "SEALING_KEYS": [b"n" * 32]}

    with pytest.raises(CannotStart, match="PORTAL_SEALING_KEYS"):
        preparing.prepare_database()

    assert called == []


def test_it_names_the_port_that_is_in_use_and_its_setting():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotStart, match=f"^Port {port} is in use: set PORTAL_PORT to a free one.$"):
            ports.refuse_taken("127.0.0.1", port, "PORTAL_PORT")


def test_it_names_the_host_that_is_not_this_machine():
    with pytest.raises(CannotStart, match=r"cannot be listened on .*: change PORTAL_HOST\.$"):
        ports.refuse_taken("192.0.2.1", 8000, "PORTAL_HOST")


def test_the_demo_has_a_data_folder_and_an_api_of_its_own(monkeypatch):
    monkeypatch.delenv("PORTAL_SANDBOX_PORT", raising=False)

    environment = launcher.demo_environment({"ULTAHOST_API_URL": "https://real.example/api"})

    assert environment["PORTAL_DATA_DIR"] == str(ROOT / "data" / "demo")
    assert environment["ULTAHOST_API_URL"] == "http://127.0.0.1:8001/client-api/v1"
    assert environment["PORTAL_DEMO"] == "1"


def test_the_demo_keeps_the_data_folder_that_it_is_given():
    assert launcher.demo_environment({"PORTAL_DATA_DIR": "/here"})["PORTAL_DATA_DIR"] == "/here"


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A launcher that ends by itself."""
    return subprocess.run(
        [sys.executable, "manage.py", "portal_up", *arguments],
        cwd=ROOT,
        env=os.environ | PLAIN | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_it_refuses_a_second_launcher_in_one_sentence(tmp_path):
    with (tmp_path / "portal.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        second = run(PORTAL_DATA_DIR=str(tmp_path))

    assert second.returncode == 1
    assert f"The portal already runs on {tmp_path}" in second.stderr
    assert "Traceback" not in second.stderr


@pytest.mark.parametrize("file", ["portal.lock", "preparing.lock"])
def test_it_refuses_a_folder_that_it_cannot_write_in_one_sentence(tmp_path, file):
    """As one that was made by another user, or became read-only."""
    (tmp_path / file).mkdir()

    refused = run(PORTAL_DATA_DIR=str(tmp_path), PORTAL_PORT=str(_free_port()))

    assert refused.returncode == 1
    assert refused.stderr.splitlines()[-1].endswith(
        f"PORTAL_DATA_DIR: {tmp_path / file} cannot be written: Is a directory."
    )
    assert "Traceback" not in refused.stderr


def test_it_refuses_a_wrong_setting_in_one_sentence(tmp_path):
    refused = run(PORTAL_DATA_DIR=str(tmp_path), PORTAL_PORT="eight")

    assert refused.returncode == 1
    assert "PORTAL_PORT" in refused.stderr
    assert "Traceback" not in refused.stderr


class Launched:
    """A launcher with everything that it started."""

    def __init__(self, data_dir: Path, *arguments: str) -> None:
        self.data_dir = data_dir
        self.port, sandbox_port = _free_port(), _free_port()
        self.environment = {
            "PORTAL_DATA_DIR": str(data_dir),
            "PORTAL_PORT": str(self.port),
            "PORTAL_SANDBOX_PORT": str(sandbox_port),
        }
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "portal_up", *arguments],
            cwd=ROOT,
            env=os.environ | PLAIN | self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def read_until(self, words: str) -> str:
        """What it says, up to the line with ``words``."""
        said = ""
        for line in self.process.stdout or ():
            said += line
            if words in line:
                return said
        pytest.fail(f"It ended before it said {words!r}:\n{said}")

    def pids(self) -> set[int]:
        """Of whatever still runs out of the data folder."""
        found = set()
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if str(self.data_dir).encode() in (folder / "environ").read_bytes():
                    found.add(int(folder.name))
        return found - {os.getpid()}

    def answers(self) -> bool:
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            connection.request("GET", "/livez")
            return connection.getresponse().status == 200
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(true, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.1)


@pytest.fixture
def launch() -> Iterator[Callable[..., Launched]]:
    folder = Path(tempfile.mkdtemp(prefix="portal-"))
    started: list[Launched] = []

    def launch(*arguments: str) -> Launched:
        started.append(Launched(folder, *arguments))
        return started[-1]

    yield launch
    for launched in started:
        for pid in launched.pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        launched.process.wait()
    shutil.rmtree(folder)


def pid_of(launched: Launched, program: str) -> int:
    """The last process that supervisord started for ``program``."""
    log = (launched.data_dir / "logs" / "supervisord.log").read_text()
    return int(log.rpartition(f"spawned: '{program}' with pid ")[2].split()[0])


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_it_keeps_the_demo_alive_and_stops_it_whole(launch):
    launched = launch("--demo")
    said = launched.read_until("Ctrl-C stops everything")
    assert f"The portal is at http://localhost:{launched.port}" in said
    assert launched.answers()
    for waits in (launched.process.pid, pid_of(launched, "beat")):
        # A Django in memory, which is large, would have loaded this.
        assert "_sqlite3" not in Path(f"/proc/{waits}/maps").read_text()

    for program in ("web", "worker", "beat", "valkey", "sandbox"):
        killed = pid_of(launched, program)
        os.kill(killed, signal.SIGKILL)
        launched.read_until(f"{program} stopped (terminated by SIGKILL) and is started again.")
        wait_until(lambda program=program, killed=killed: pid_of(launched, program) != killed)
    wait_until(launched.answers)

    launched.process.send_signal(signal.SIGINT)
    assert launched.process.wait(timeout=60) == 0
    assert not launched.pids()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_it_holds_its_folder_until_the_last_of_it_is_gone(launch):
    launched = launch()
    assert "/first-admin/ and enter this one-time token:" in launched.read_until("Ctrl-C stops everything")

    launched.process.kill()
    launched.process.wait()
    assert "already runs" in run(**launched.environment).stderr

    os.kill(int((launched.data_dir / "supervisord.pid").read_text()), signal.SIGTERM)
    wait_until(lambda: not launched.pids())


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_it_leaves_nothing_behind_when_its_supervisor_is_killed(launch):
    launched = launch()
    launched.read_until("Ctrl-C stops everything")

    os.kill(int((launched.data_dir / "supervisord.pid").read_text()), signal.SIGKILL)

    assert launched.process.wait(timeout=60) == 1
    wait_until(lambda: not launched.pids(), seconds=10)
