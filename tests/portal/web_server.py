"""The portal's own web program as supervisord starts it, on a folder of its own, and what speaks to it."""

import contextlib
import http.client
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

from portal.running.programs import programs
from tests import migrated
from tests.settings import BASE_DIR

PREPARE = """
import django
django.setup()
from portal.running import preparing
preparing.prepare_database(allow_new_api=False)
preparing.collect_static_files()
"""
HALF_A_HEADER = b"GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Sl"

LARGE = "/static/django_htmx/htmx-4.js"
ASKS = b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n"
# What slow clients send, and how much of the answer their system takes.
SLOW = {
    "say nothing": (b"", 0),
    "stop within a header": (HALF_A_HEADER, 0),
    "stop within a body": (
        b"POST /sign-in/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500\r\n\r\nlogin=",
        0,
    ),
    "never read the answers": (ASKS % LARGE.encode() * 60, 4096),
    "keep their connection": (ASKS % b"/livez", 0),
    "never hang up": (b"GET /livez HTTP/1.0\r\nHost: localhost\r\n\r\n", 0),
}


class WebServer:
    def __init__(self, folder: Path, **environment: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "portal.settings",
            "DATABASE_URL": "",
            "PORTAL_DATA_DIR": str(folder),
            "PORTAL_PORT": str(self.port),
            **environment,
        }
        self.output = folder / "output"
        migrated.copy_to(folder / "portal.sqlite3")

    def run(self, code: str) -> str:
        command = [sys.executable, "-c", code]
        done = subprocess.run(
            command, cwd=BASE_DIR, env=self.environment, check=False, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    @contextlib.contextmanager
    def running(self, command: list[str] | None = None) -> Iterator["WebServer"]:
        (web,) = (program for program in programs(None) if program.name == "web")
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                command or web.command, cwd=BASE_DIR, env=self.environment, stdout=output, stderr=output
            )
        try:
            deadline = time.monotonic() + 60
            while not self.answers():
                assert time.monotonic() < deadline, self.output.read_text()
                time.sleep(0.2)
            yield self
        finally:
            self.process.terminate()
            self.process.wait(60)

    def answers(self) -> bool:
        with contextlib.suppress(OSError, http.client.HTTPException):
            return Browser(self.port).get("/livez").status == 200
        return False

    def connect(self, sent: bytes = b"", *, takes: int = 0) -> socket.socket:
        """A client that has ``sent`` something, and whose system ``takes`` so many bytes of the answer."""
        client = socket.socket()
        client.settimeout(30)
        if takes:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, takes)
        client.connect(("127.0.0.1", self.port))
        client.sendall(sent)
        return client

    @property
    def workers(self) -> list[int]:
        pid = self.process.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    @property
    def peaks(self) -> list[int]:
        """The most memory that each worker ever had, in MB."""
        states = [Path(f"/proc/{pid}/status").read_text() for pid in self.workers]
        return [int(re.search(r"VmHWM:\s+(\d+)", state)[1]) // 1024 for state in states]


def send_until_it_hangs_up(client: socket.socket, piece: bytes) -> None:
    """Fails where the server still takes pieces after twenty seconds."""
    deadline = time.monotonic() + 20
    with contextlib.suppress(ConnectionError):
        while True:
            client.sendall(piece)
            assert time.monotonic() < deadline
            time.sleep(0.05)


class Answer:
    def __init__(self, answer: http.client.HTTPResponse) -> None:
        self.status, self.headers = answer.status, answer.headers
        self.html = answer.read().decode(errors="replace")


class Browser:
    """One request a connection; keeps cookies, and sends forms with their token."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.cookies: dict[str, str] = {}

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, None, headers)

    def post(self, path: str, form: dict[str, str], **headers: str) -> Answer:
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.get(path).html)
        fields = form | {"csrfmiddlewaretoken": token[1] if token else ""}
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.ask("POST", path, urlencode(fields).encode(), kind | headers)

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)

    def ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        link = self.connect()
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        with contextlib.closing(link):
            link.request(method, path, body, {"Host": "localhost", "Cookie": cookies} | headers)
            answer = Answer(link.getresponse())
        for cookie in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer
