import fcntl
import http.client
import logging
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn, TextIO

from django.conf import settings
from django.db import connections
from django.urls import reverse

from portal import environment
from portal.acts import first_admin
from portal.running import CannotStart, demo, ports, to_lock
from portal.running.preparing import collect_static_files, prepare_database
from portal.running.programs import FILES, SANDBOX_HOST, configuration, programs
from portal.running.supervision import STOP_SIGNALS

_SECONDS_TO_ANSWER = 60


def demo_environment(given: Mapping[str, str]) -> dict[str, str]:
    """The environment of the demo: a data folder of its own, and the sandbox in Ultahost's place."""
    return {
        "PORTAL_DATA_DIR": str(settings.BASE_DIR / "data" / "demo"),
        **given,
        "PORTAL_DEMO": "1",
        "ULTAHOST_API_URL": f"http://{SANDBOX_HOST}:{_sandbox_port()}/client-api/v1",
    }


def _sandbox_port() -> int:
    # Fixed, not beside PORTAL_PORT: the database remembers the address of its API.
    return environment.read_int("PORTAL_SANDBOX_PORT", 8001, low=1, high=65535)


def up(say: Callable[[str], None], *, allow_new_api: bool, allow_new_keys: bool) -> None:
    """Starts the portal, and becomes the small process that runs it until a signal ends it.

    Returns in a child of that process, once the portal has greeted.
    """
    data_dir: Path = settings.PORTAL_DATA_DIR
    sandbox_port = _sandbox_port() if settings.PORTAL_DEMO else None
    # What is written from here on, by this process and its children, only this user can read.
    os.umask(0o077)
    logging.getLogger().setLevel(logging.WARNING)
    _make_folders(data_dir)
    _refuse_few_files()
    with only_launcher(data_dir) as lock:
        _refuse_taken_ports(sandbox_port)
        listed = list(programs(sandbox_port))
        say("Preparing the database…")
        prepare_database(allow_new_api=allow_new_api, allow_new_keys=allow_new_keys)
        collect_static_files()
        conf = data_dir / "supervisord.conf"
        _write(conf, configuration(listed, as_root=os.geteuid() == 0))
        names = ", ".join(program.name for program in listed)
        say(f"Starting {names}; their logs are in {data_dir / 'logs'}.")
        connections.close_all()  # SQLite's must not be inherited
        if greeter := os.fork():
            _supervise(conf, lock, greeter)
    _wait_for_answer(data_dir / "logs" / "web.log")
    _greet(say)


def _supervise(conf: Path, lock: TextIO, greeter: int) -> NoReturn:
    """Becomes another program: to hold 120 MB of Django only to wait would be a fifth of all memory."""
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)  # until it knows what to do with them
    os.set_inheritable(lock.fileno(), True)
    os.chdir(settings.BASE_DIR)
    told = [str(conf), str(lock.fileno()), str(greeter)]
    os.execv(sys.executable, [sys.executable, "-m", "portal.running.supervision", *told])  # noqa: S606


def _make_folders(data_dir: Path) -> None:
    try:
        (data_dir / "logs").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotStart(f"PORTAL_DATA_DIR: {data_dir} cannot be used: {error.strerror}.") from None


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text)
    except OSError as error:
        raise CannotStart(f"{path} cannot be written: {error.strerror}.") from None


def _refuse_few_files() -> None:
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if most != resource.RLIM_INFINITY and most < FILES:
        raise CannotStart(f"ulimit -n allows {most} open files, and the portal needs {FILES}: raise it.")


@contextmanager
def only_launcher(data_dir: Path) -> Iterator[TextIO]:
    with to_lock(data_dir / "portal.lock") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotStart(
                f"The portal already runs on {data_dir}: stop it first (supervisord.pid names it)."
            ) from None
        yield lock


def _refuse_taken_ports(sandbox_port: int | None) -> None:
    if sandbox_port == settings.PORTAL_PORT:
        raise CannotStart(f"PORTAL_PORT and PORTAL_SANDBOX_PORT are both {sandbox_port}: change one.")
    ports.refuse_taken(settings.PORTAL_HOST, settings.PORTAL_PORT, "PORTAL_PORT")
    if sandbox_port:
        ports.refuse_taken(SANDBOX_HOST, sandbox_port, "PORTAL_SANDBOX_PORT")


def _wait_for_answer(log: Path) -> None:
    deadline = time.monotonic() + _SECONDS_TO_ANSWER
    while not _answers():
        if time.monotonic() > deadline:
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-20:])
            raise CannotStart(f"The web server does not answer. The end of {log}:\n{tail}")
        time.sleep(0.2)


def _answers() -> bool:
    every = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104
    host = every.get(settings.PORTAL_HOST, settings.PORTAL_HOST)
    try:
        asked = http.client.HTTPConnection(host, settings.PORTAL_PORT, timeout=5)
        asked.request("GET", "/livez", headers={"Host": "localhost"})
        return asked.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False


def _greet(say: Callable[[str], None]) -> None:
    logins = demo.fill() if settings.PORTAL_DEMO else []
    say(f"\nThe portal is at {settings.PORTAL_URL}\n")
    for role, email, password, note in logins:
        say(f"  {role:<8} {email:<28} {password:<22} {note}")
    if not settings.PORTAL_DEMO:
        invite_first_admin(say)
    say("\nCtrl-C stops everything.")


def invite_first_admin(say: Callable[[str], None]) -> None:
    if token := first_admin.issue_token():
        url = f"{settings.PORTAL_URL}{reverse('first_admin')}"
        say(f"There is no admin yet. Open {url} and enter this one-time token: {token}")
