import gzip
import os
import ssl
import subprocess
import sys
import textwrap
import time
import tracemalloc
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ultahost_api.client import BadAnswer, Client, NoAnswer, NotSent, OutcomeUnknown
from ultahost_api.client.core.transport import BIGGEST_ANSWER

PROFILE = b'{"status": 200, "message": "fine", "data": {"id": 5, "uuid": "abc"}}'


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("action", ["get_profile", "pay_invoice"])
def test_it_takes_the_key_to_no_other_server(status, action, server, make_server, client):
    other = make_server()
    server.answer(server.reply(status, b"moved", {"Location": other.url}))
    wanted = BadAnswer if action == "get_profile" else OutcomeUnknown

    with pytest.raises(wanted):
        client.call(action, **({} if action == "get_profile" else {"invoiceid": 1}))

    assert other.requests == []
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "url", ["http://example.com/api", "ftp://example.com", "example.com", "", "https://"]
)
def test_it_refuses_an_address_that_is_not_https(url, key):
    with pytest.raises(ValueError, match="address has to"):
        Client(key, base_url=url)


@pytest.mark.parametrize(
    "url", ["https://user:pw@example.com/", "https://example.com/?x=1", "https://example.com/#x"]
)
def test_it_refuses_an_address_with_more_than_an_address(url, key):
    with pytest.raises(ValueError, match="address has to"):
        Client(key, base_url=url)


@pytest.mark.parametrize(
    "url", ["http://localhost:1/a", "http://127.0.0.9:1/a", "http://[::1]:1/a", "https://a.b/c"]
)
def test_it_takes_plain_http_to_this_machine_only(url, key):
    assert Client(key, base_url=url)


def test_it_reads_no_environment(server, client, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    server.answer(server.reply(200, PROFILE))

    client.call("get_profile")

    assert "authorization" not in server.sent.headers


def test_it_keeps_no_cookie(server, client):
    server.answer(server.reply(200, PROFILE, {"Set-Cookie": "a=b; Path=/"}))

    client.call("get_profile")
    client.call("get_profile")

    assert "cookie" not in server.requests[1].headers


@pytest.mark.parametrize(
    "start",
    [
        pytest.param(b"", id="the status line"),
        pytest.param(b"HTTP/1.1 200 OK\r\nX-Slow: ", id="a header"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", id="the body"),
        pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", id="the size of a chunk"),
        pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\n", id="a chunk"),
    ],
)
def test_it_cuts_a_server_that_drips(start, server, make_client):
    content = b"HTTP/1.1 200 OK\r\n" if not start else b"0" * 300
    drip = server.drip(content, every=0.02)

    def respond(handler):
        handler.wfile.write(start)
        drip(handler)

    server.answer(respond)
    started = time.monotonic()

    with pytest.raises(NoAnswer):
        make_client(deadline=0.3).call("get_profile")

    assert time.monotonic() - started < 1


def test_it_keeps_the_deadline_over_all_its_tries(server, make_client):
    server.answer(server.hang())
    started = time.monotonic()

    with pytest.raises(NoAnswer):
        make_client(deadline=0.5, timeout=(0.2, 0.2), tries=10).call("get_profile")

    assert time.monotonic() - started < 1
    assert 2 <= len(server.requests) <= 4


def test_it_waits_no_longer_than_the_longest_silence(server, make_client):
    server.answer(server.hang())
    started = time.monotonic()

    with pytest.raises(NoAnswer):
        make_client(timeout=(0.2, 0.2)).call("get_profile")

    assert time.monotonic() - started < 1


def test_it_sends_nothing_once_the_deadline_has_passed(server, make_client):
    with pytest.raises(NotSent):
        make_client(deadline=0.0).call("pay_invoice", invoiceid=1)

    assert server.requests == []


def test_it_reads_a_packed_answer(server, client):
    server.answer(server.gzipped(PROFILE))

    assert client.call("get_profile").data["id"] == 5


def test_it_reads_an_answer_in_chunks(server, client):
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(c), c) for c in (PROFILE[:10], PROFILE[10:])) + b"0\r\n\r\n"
    server.answer(server.raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks))

    assert client.call("get_profile").data["id"] == 5


def test_it_reads_an_answer_that_ends_with_the_connection(server, client):
    server.answer(server.raw(b"HTTP/1.0 200 OK\r\n\r\n" + PROFILE))

    assert client.call("get_profile").data["id"] == 5


def test_it_reads_an_answer_just_within_the_limit(server, client):
    server.answer(server.gzipped(PROFILE + b" " * (BIGGEST_ANSWER - len(PROFILE))))

    assert client.call("get_profile").data["id"] == 5


def test_it_reads_no_more_than_five_megabytes(server, client):
    server.answer(server.reply(200, PROFILE + b" " * 20_000_000))

    with pytest.raises(BadAnswer, match="longer than 5 MB"):
        client.call("get_profile")


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "deflate"])
def test_it_unpacks_no_more_than_five_megabytes(encoding, server, client):
    server.answer(server.gzipped(b" " * 30_000_000, encoding))
    tracemalloc.start()
    try:
        with pytest.raises(BadAnswer, match="longer than 5 MB"):
            client.call("get_profile")
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 3 * BIGGEST_ANSWER


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        pytest.param(b"this is no gzip", "gzip", id="not packed"),
        pytest.param(gzip.compress(PROFILE)[:-8], "gzip", id="cut short"),
        pytest.param(PROFILE, "br", id="not asked for"),
        pytest.param(PROFILE, "gzip, gzip", id="twice"),
    ],
)
def test_it_takes_an_answer_it_cannot_unpack_for_a_bad_one(content, encoding, server, client):
    server.answer(server.reply(200, content, {"Content-Encoding": encoding}))

    with pytest.raises(BadAnswer):
        client.call("get_profile")


def test_it_keeps_a_connection_for_reads(server, client):
    server.answer(server.reply(200, PROFILE))

    client.call("get_profile")
    Client("sk_test_another_key", base_url=server.url).call("get_profile")

    assert server.requests[0].port == server.requests[1].port


def test_it_asks_each_server_in_turn_on_a_connection_of_its_own(server, make_server, make_client):
    other = make_server()
    clients = [make_client(), make_client(base_url=other.url)]

    for client in clients * 2:
        client.call("get_profile")

    assert [len({seen.port for seen in one.requests}) for one in (server, other)] == [1, 1]
    assert [len(one.requests) for one in (server, other)] == [2, 2]


def test_it_sends_nothing_of_a_write_with_the_next_read(server, client):
    client.call("get_profile")
    client.call("pay_invoice", invoiceid=1)
    client.call("get_profile")

    first, write, last = server.requests
    assert last.headers == first.headers
    assert set(write.headers) - set(first.headers) == {"content-type", "content-length"}


@pytest.mark.parametrize("action", ["pay_invoice", "get_epp_code"])
def test_it_opens_a_connection_for_what_may_not_be_resent(action, server, client):
    parameters = {"pay_invoice": {"invoiceid": 1}, "get_epp_code": {"domainid": 1}}[action]
    server.answer(server.reply(200, PROFILE))

    client.call("get_profile")
    client.call(action, **parameters)

    assert server.requests[0].port != server.requests[1].port


def test_it_is_not_misled_by_a_connection_dropped_while_idle(server, client):
    def answer_and_hang_up(handler):
        server.reply(200, PROFILE)(handler)
        handler.close_connection = True

    server.answer(answer_and_hang_up)

    client.call("get_profile")
    client.call("pay_invoice", invoiceid=1)

    assert [seen.action for seen in server.requests] == ["get_profile", "pay_invoice"]


def test_it_keeps_a_connection_for_each_thread(server, client):
    server.answer(server.reply(200, PROFILE))

    def twice():
        client.call("get_profile")
        client.call("get_profile")

    for _ in range(3):  # one after the other, so that each could have had the last one's
        thread = Thread(target=twice)
        thread.start()
        thread.join()

    assert len(server.requests) == 6
    assert len({seen.port for seen in server.requests}) == 3


def test_it_leaves_a_parents_connection_alone_after_a_fork(server, key):
    server.answer(server.reply(200, PROFILE))
    script = f"""
        import os
        from ultahost_api.client import Client
        client = Client({key!r}, base_url={server.url!r})
        client.call("get_profile")
        child = os.fork()
        client.call("get_profile")
        if child:
            assert os.waitpid(child, 0)[1] == 0
            client.call("get_profile")
    """
    root = os.path.join(os.path.dirname(__file__), "..", "..", "..")  # noqa: PTH118, PTH120

    subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=True, timeout=30, cwd=root)

    ports = [seen.port for seen in server.requests]
    assert len(ports) == 4
    assert sorted(ports.count(port) for port in set(ports)) == [1, 3]


def test_it_sends_nothing_to_a_server_it_cannot_verify(tmp_path, make_server, key):
    server = make_server()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(_self_signed(tmp_path))
    server._http.socket = tls.wrap_socket(server._http.socket, server_side=True)
    client = Client(key, base_url=server.url.replace("http:", "https:"), tries=1, deadline=5)

    with pytest.raises(NotSent):
        client.call("pay_invoice", invoiceid=1)

    assert server.requests == []


def _self_signed(folder):
    private, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")]),
    )
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, private.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(private, hashes.SHA256())
    )
    path = folder / "both.pem"
    path.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path
