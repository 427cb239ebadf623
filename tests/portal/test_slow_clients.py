"""Clients that take their time hold no thread: a real gunicorn as supervisord starts it."""

import re
import socket
import subprocess
import sys
import time

import pytest

from tests.portal.storm import Figures, prepare, storm, warm
from tests.portal.web_server import (
    ASKS,
    BASE_DIR,
    HALF_A_HEADER,
    LARGE,
    SLOW,
    Browser,
    WebServer,
    send_until_it_hangs_up,
)

QUICK = [sys.executable, "-m", "gunicorn", "--config", "python:tests.portal.quick_web"]


pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def prepared(data_dir):
    server = WebServer(data_dir, PORTAL_LOG_LEVEL="ERROR", PORTAL_TRUSTED_PROXIES="1")
    return server, prepare(server)


@pytest.fixture(scope="module")
def web(prepared):
    server, _ = prepared
    with server.running():
        warm(server)
        yield server


@pytest.fixture
def browser(prepared):
    return prepared[1]


@pytest.fixture(scope="module")
def usual(web, prepared):
    """How quick it is while it has nothing else to do."""
    return Figures.measure(web, prepared[1])


@pytest.fixture(scope="module")
def quick(data_dir, prepared):
    """A server of little patience."""
    server = WebServer(data_dir, PORTAL_LOG_LEVEL="ERROR")
    with server.running(QUICK):
        yield server


def read_all(client: socket.socket) -> bytes:
    """Until the server closes."""
    received = b""
    while data := client.recv(65536):
        received += data
    return received


def all_of_it() -> bytes:
    return (BASE_DIR / "build" / LARGE[1:]).read_bytes()


def read_answer(client: socket.socket, *, at_once: int = 65536) -> bytes:
    """The body of one answer, and nothing of what comes behind it."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += client.recv(1)
    length = int(re.search(rb"(?i)content-length: (\d+)", head)[1])
    body = b""
    while len(body) < length:
        body += client.recv(min(at_once, length - len(body)))
    return body


# Others are served meanwhile


@pytest.mark.parametrize("what", SLOW)
def test_it_serves_others_while_forty_clients(web, browser, usual, what):
    sent, takes = SLOW[what]

    clients = [web.connect(sent, takes=takes) for _ in range(40)]
    figures = Figures.measure(web, browser)
    for client in clients:
        client.close()

    assert figures.serves_others(usual), figures


def test_it_serves_others_in_a_storm_of_sign_ins_and_stays_small(web, browser, usual):
    figures = storm(web, browser)

    assert set(figures.statuses) <= {200, 302, 503}
    assert figures.statuses.count(302) > 10
    assert figures.serves_others(usual), figures
    assert max(figures.peaks) < 200, figures


# What is slow and honest is served whole


def test_it_takes_a_request_that_arrives_byte_by_byte(web):
    client = web.connect()
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    body = b"login=a%40example.com&password=b"
    head = b"POST /sign-in/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"

    for byte in head % len(body) + body:
        client.sendall(bytes([byte]))

    assert read_all(client).startswith(b"HTTP/1.1 403 ")  # it was read whole: the token is missing


def test_it_gives_the_whole_of_a_large_answer_to_a_slow_reader(web):
    client = web.connect(ASKS % LARGE.encode() * 3, takes=4096)

    for _ in range(3):
        assert read_answer(client, at_once=1000) == all_of_it()


def test_it_answers_requests_that_come_together_in_their_order(web):
    client = web.connect(ASKS % b"/livez" + ASKS % LARGE.encode() + ASKS % b"/readyz")

    assert read_answer(client) == b"ok"
    assert read_answer(client) == all_of_it()
    assert b"database" in read_answer(client)


def test_it_keeps_a_connection_over_a_pause(web):
    client = web.connect(ASKS % b"/livez")
    read_answer(client)

    client.settimeout(3)
    with pytest.raises(TimeoutError):  # gunicorn's own 2 seconds are over
        client.recv(1)
    client.sendall(ASKS % b"/livez")

    assert read_answer(client) == b"ok"


@pytest.mark.parametrize(("proxies", "seconds"), [("0", "15"), ("1", "75")])
def test_it_keeps_connections_longer_behind_a_proxy(prepared, proxies, seconds):
    server, _ = prepared
    code = "from portal.running.web import config; print(config.keepalive)"
    environment = server.environment | {"PORTAL_TRUSTED_PROXIES": proxies}

    done = subprocess.run([sys.executable, "-c", code], env=environment, cwd=BASE_DIR, capture_output=True)

    assert done.stdout.decode().split() == [seconds], done.stderr


# What takes too long ends


def test_it_hangs_up_on_a_request_that_never_ends_however_busy_it_looks(quick):
    client = quick.connect(HALF_A_HEADER)

    send_until_it_hangs_up(client, b"x")


def test_it_hangs_up_on_a_connection_that_is_kept_for_nothing(quick):
    client = quick.connect(ASKS % b"/livez")
    read_answer(client)

    assert client.recv(1) == b""


def test_it_hangs_up_on_who_does_not_read(quick):
    client = quick.connect(ASKS % LARGE.encode() * 30, takes=4096)

    send_until_it_hangs_up(client, ASKS % b"/livez")


def test_it_makes_room_for_the_next_client(quick):
    clients = [quick.connect(HALF_A_HEADER) for _ in range(100)]

    assert Browser(quick.port).get("/livez").status == 200
    for client in clients:
        client.close()


def test_it_stops_though_clients_are_slow(data_dir, prepared):
    server = WebServer(data_dir, PORTAL_LOG_LEVEL="ERROR")
    with server.running():
        clients = [server.connect(HALF_A_HEADER) for _ in range(40)]
        began = time.monotonic()
        server.process.terminate()
        server.process.wait(60)

    assert time.monotonic() - began < 20  # and not graceful_timeout
    for client in clients:
        client.close()


def test_it_refuses_a_head_without_end(quick):
    client = quick.connect(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"x" * 200_000)

    with pytest.raises((ConnectionError, AssertionError)):
        assert read_all(client) == b"never closed"
    assert Browser(quick.port).get("/livez").status == 200
