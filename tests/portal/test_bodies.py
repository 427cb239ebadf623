"""What is too large is refused before it is read, and no file is ever written."""

import http.client
import re
import socket
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory

from tests.portal.web_server import PREPARE, Browser, WebServer, send_until_it_hangs_up

LIMIT = 1_000_000
PART = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\nContent-Type: a/b\r\n\r\n'
MULTIPART = {"Content-Type": "multipart/form-data; boundary=b"}


def multipart(size: int) -> bytes:
    return PART + b"x" * size + b"\r\n--b--\r\n"


def test_it_refuses_a_body_by_the_length_that_it_tells(visit):
    page = visit().post("/sign-in/", {"login": "x" * LIMIT})

    assert (page.status, page.one("h1").text) == (413, "That was too large")
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_it_takes_a_form_of_almost_that_size(visit):
    page = visit().post("/sign-in/", {"login": "x" * (LIMIT - 1000)})

    assert page.status == 200
    assert page.all(".errorlist li")


@pytest.mark.parametrize(("header", "status"), [("HTTP_TRANSFER_ENCODING", 411), ("CONTENT_LENGTH", 413)])
def test_it_refuses_a_body_whose_length_nobody_knows(db, header, status):
    strange = {header: "chunked" if status == 411 else "²"}

    assert Client().post("/sign-in/", {"login": "x"}, **strange).status_code == status


def test_it_refuses_it_also_of_who_is_signed_in(visit, people):
    page = visit(people.member("Alma")).post("/profile/", {"name": "x" * LIMIT})

    assert page.status == 413


def test_it_drops_files_and_reads_the_form_around_them():
    file = SimpleUploadedFile("a", b"x" * 900_000)

    request = RequestFactory().post("/sign-in/", {"login": "somebody", "file": file, "password": "else"})

    assert (request.POST["login"], request.POST["password"]) == ("somebody", "else")
    assert list(request.FILES) == []


# Over the wire


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    server = WebServer(
        tmp_path_factory.mktemp("data"),
        PORTAL_LOG_LEVEL="ERROR",
        TMPDIR=str(tmp_path_factory.mktemp("temporary")),
    )
    server.run(PREPARE)
    with server.running():
        yield server


@pytest.fixture
def written(web):
    """How many bytes the workers have written into files since the test began."""

    def all_of_them() -> int:
        counts = [Path(f"/proc/{pid}/io").read_text() for pid in web.workers]
        return sum(int(re.search(r"wchar: (\d+)", count)[1]) for count in counts)

    before = all_of_them()
    return lambda: all_of_them() - before


def parts(number: int, size: int):
    yield PART
    for _ in range(number):
        yield b"x" * size
    yield b"\r\n--b--\r\n"


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_it_shows_the_page_to_who_sends_forty_megabytes_and_keeps_none_of_them(web, written):
    link = http.client.HTTPConnection("127.0.0.1", web.port, timeout=60)
    length = {"Content-Length": str(len(multipart(40_000_000)))}

    link.request("POST", "/sign-in/", parts(40, 1_000_000), {"Host": "localhost"} | MULTIPART | length)
    answer = link.getresponse()

    assert answer.status == 413
    assert b"That was too large" in answer.read()
    assert written() < LIMIT
    assert max(web.peaks) < 200


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_it_reads_nothing_of_what_comes_in_chunks_without_end(web, written):
    client = web.connect(b"POST /sign-in/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")

    answer = client.recv(65536)

    assert answer.startswith(b"HTTP/1.1 411 ")
    assert written() < LIMIT
    send_until_it_hangs_up(client, b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
    assert Browser(web.port).get("/livez").status == 200


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_it_takes_no_second_request_out_of_a_body_that_it_refused(web):
    hidden = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
    head = b"POST /sign-in/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000000\r\n\r\n"
    client = web.connect(head + hidden)
    client.shutdown(socket.SHUT_WR)

    received = b""
    while data := client.recv(65536):
        received += data

    assert received.count(b"HTTP/1.1 ") == 1
