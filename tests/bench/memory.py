"""What the portal's processes hold in memory.

python -m tests.bench.memory
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.bench.parts import report, servers

REQUESTS, ROWS = 1_000, 1_000
PATHS = ("/invoices/", "/services/", "/domains/", "/orders/", "/", "/changes/", "/activity/", "/profile/")
PROGRAMS = {
    "portal.running.supervision": "what supervises",
    "portal.running.supervisord": "what supervises",
    "ultahost_api.sandbox": "the sandbox",
    "gunicorn": "web: gunicorn and two workers",
    "worker": "the Celery worker and its two processes",
    "light_beat": "beat",
}
WORDS = (
    "RSS counts what a process shares with others, PSS its part of that. The demo is measured half a minute "
    "after it has greeted, before anybody has asked for a page."
)


def main() -> None:
    with servers.database(ROWS) as on:
        member = {"Cookie": on.told["member"]}
        with servers.portal(on) as server:
            ours = after_requests(server, PATHS, member)
        bare_cookie = on.run("-m", "tests.bench.parts.bare_session")
        with servers.bare(on) as server:
            bare = after_requests(server, ("/bare/",), {"Cookie": bare_cookie})
    shares = demo()
    rows = [
        (f"a worker after {REQUESTS:,} requests, RSS", "95", f"{ours:.0f}"),
        ("that of the bare view, RSS", "", f"{bare:.0f}"),
        ("the whole demo, PSS", "350", f"{sum(shares.values()):.0f}"),
        *((f"— {name}", "", f"{share:.0f}") for name, share in by_program(shares).items()),
    ]
    report.say("Memory", WORDS, report.table(("", "aim", "MB"), rows))
    for name, share in shares.items():
        print(f"  {share:6.1f} {name}")


def by_program(shares: dict[str, float]) -> dict[str, float]:
    """What stands in the command of each tells whose it is; Valkey's says nothing."""
    sums: dict[str, float] = defaultdict(float)
    for command, share in shares.items():
        sums[next((name for mark, name in PROGRAMS.items() if mark in command), "Valkey")] += share
    return dict(sums)


def after_requests(server: servers.Server, paths: tuple[str, ...], headers: dict[str, str]) -> float:
    with contextlib.closing(server.connect()) as link:
        for number in range(REQUESTS):
            link.request("GET", paths[number % len(paths)], headers={"Host": "localhost"} | headers)
            answer = link.getresponse()
            answer.read()
            assert answer.status == 200, answer.status
    (pid,) = server.workers
    return servers.resident(pid)


def demo() -> dict[str, float]:
    """By process of ``make demo``, in MB, each with its share of what they have in common."""
    with running_demo() as launcher:
        time.sleep(30)  # the workers read the sandbox's accounts
        return {f"{pid} {words(pid)}": servers.share(pid) for pid in family(launcher)}


@contextlib.contextmanager
def running_demo() -> Iterator[int]:
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder:
        environment = os.environ | {"DJANGO_SETTINGS_MODULE": "portal.settings", "PORTAL_DATA_DIR": folder}
        environment |= {"DATABASE_URL": "", "REDIS_URL": "", "PORTAL_PORT": str(free_port())}
        environment |= {"PORTAL_SANDBOX_PORT": str(free_port())}
        command = [sys.executable, "manage.py", "portal_up", "--demo"]
        process = subprocess.Popen(
            command, cwd=servers.ROOT, env=environment, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout
        try:
            for line in process.stdout:
                if "Ctrl-C stops everything" in line:
                    break
            yield process.pid
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def family(pid: int) -> Iterator[int]:
    yield pid
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        yield from family(int(child))


def words(pid: int) -> str:
    return " ".join(Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")[1:8])


if __name__ == "__main__":
    main()
