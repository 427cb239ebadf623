"""A proxy that is set up wrongly is told by name, on a page and once in the log."""

import contextlib
import http.client
import logging
import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from pathlib import Path
from urllib.parse import urlencode
from uuid import UUID

import pytest
from django.urls import URLPattern, reverse

from portal.running.web import proxies
from portal.urls import sign_in_urls, urlpatterns
from tests.portal.web_server import BASE_DIR, PREPARE, Browser, WebServer

URL = "https://portal.example.com"
PAGE = BASE_DIR / "docs/proxies.md"
RIGHT = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.1"}


@pytest.fixture(autouse=True)
def _behind_a_proxy(settings):
    settings.PORTAL_URL = URL
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.PORTAL_TRUSTED_PROXIES = 1
    proxies.log_once.cache_clear()


WRONG = {
    "no scheme": ({"X-Forwarded-Proto": ""}, "X-Forwarded-Proto"),
    "plain http": ({"X-Forwarded-Proto": "http"}, "X-Forwarded-Proto"),
    "no address": ({"X-Forwarded-For": ""}, "X-Forwarded-For"),
}


@pytest.mark.parametrize("what", WRONG)
def test_it_names_the_header_on_a_page_and_once_in_the_log(visit, caplog, what):
    wrong, name = WRONG[what]
    sent = {header: value for header, value in (RIGHT | wrong).items() if value}

    with caplog.at_level(logging.ERROR, "portal.running.web.proxies"):
        pages = [visit().get(path, **sent) for path in ("/sign-in/", "/", "/nothing/")]

    assert [page.status for page in pages] == [400, 400, 400]
    assert name in pages[0].one("main").text
    assert pages[0].one("main p a")["href"] == URL
    (line,) = [record.getMessage() for record in caplog.records if record.name == proxies.__name__]
    assert name in line
    assert "docs/proxies.md" in line


def test_it_names_the_setting_that_counts_more_proxies_than_there_are(visit, settings):
    settings.PORTAL_TRUSTED_PROXIES = 2

    page = visit().get("/sign-in/", **RIGHT)

    assert page.status == 400
    assert "PORTAL_TRUSTED_PROXIES" in page.one("main").text


@pytest.mark.parametrize("host", ["192.168.1.5:8000", "intranet", "evil.example", "a_b", "<b>"])
def test_it_leads_to_its_address_from_any_other_and_says_so_once_in_the_log(visit, settings, caplog, host):
    """Who opens it by the address of the machine reads where it is; a scanner fills no log."""
    settings.ALLOWED_HOSTS = ["portal.example.com"]

    with caplog.at_level(logging.WARNING):
        pages = [visit().get(path, Host=host, **RIGHT) for path in ("/sign-in/", "/", "/invoices/")]

    assert [page.status for page in pages] == [400, 400, 400]
    assert pages[0].texts("h1") == ["This is not the portal's address"]
    assert pages[0].one("main p a")["href"] == URL
    assert host not in pages[0].one("main").text
    logged = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert ["PORTAL_URL" in record.getMessage() for record in logged] == [True]
    assert not any(record.exc_info for record in caplog.records)


@pytest.mark.parametrize("is_https", [True, False])
def test_it_names_the_header_that_hides_where_a_form_comes_from(visit, settings, people, is_https):
    if not is_https:
        settings.SECURE_PROXY_SSL_HEADER = None
    browser = visit(people.member("Alma"))

    page = browser.post("/profile/", {"name": "Eve"}, Origin="null", **RIGHT)

    assert page.status == 400
    assert "Referrer-Policy: no-referrer" in page.one("main").text
    assert browser.get("/profile/", **RIGHT).one("input[name=name]")["value"] == "Alma"


def test_it_serves_where_all_is_right(visit):
    assert visit().get("/sign-in/", **RIGHT).status == 200
    assert visit().get("/sign-in/", **RIGHT | {"X-Forwarded-For": "1.2.3.4, 203.0.113.1"}).status == 200


def test_it_needs_no_proxy_for_its_health(visit):
    assert visit().get("/livez").status == 200
    assert visit().get("/readyz").status == 200


def test_it_needs_no_proxy_at_an_address_of_this_machine(visit, settings):
    settings.SECURE_PROXY_SSL_HEADER = None

    assert visit().get("/sign-in/").status == 200


# The settings that docs/proxies.md shows, with real proxies


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    server = WebServer(tmp_path_factory.mktemp("data"), PORTAL_URL=URL, PORTAL_TRUSTED_PROXIES="1")
    server.run(PREPARE)
    with server.running():
        yield server


class Proxied(Browser):
    """A browser that reaches the portal through a proxy with TLS."""

    def connect(self) -> http.client.HTTPConnection:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # the test has made it
        link = http.client.HTTPSConnection("portal.example.com", self._port, timeout=30, context=context)
        link._create_connection = lambda *_: socket.create_connection(("127.0.0.1", self._port), 30)
        return link


def shown(language: str) -> str:
    """The block of the page in this language."""
    return re.search(rf"```{language}\n(.*?)```", PAGE.read_text(), re.S)[1]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def nginx(folder: Path, web: WebServer, leave_out: str = "$"):
    port, program = free_port(), shutil.which("nginx", path="/usr/sbin:/usr/bin")
    if not program:
        pytest.skip("nginx is not installed")
    subject = ["-subj", "/CN=portal.example.com", "-keyout", "portal.key", "-out", "portal.pem"]
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject]
    subprocess.run(made, cwd=folder, check=True, capture_output=True)
    server = re.sub(rf"(?m)^.*{re.escape(leave_out)} .*\n", "", shown("nginx"))
    server = server.replace("127.0.0.1:8000", f"127.0.0.1:{web.port}").replace("/etc/ssl", str(folder))
    server = server.replace("listen 443", f"listen 127.0.0.1:{port}")
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log; {'user root;' * (os.geteuid() == 0)}"
        f"events {{}} http {{ access_log {folder}/access.log;\n{temporary}{server} }}"
    )
    with running([program, "-c", str(folder / "nginx.conf"), "-p", str(folder)], port, folder):
        yield Proxied(port)


@contextlib.contextmanager
def caddy(folder: Path, web: WebServer):
    port, program = free_port(), shutil.which("caddy")
    if not program:
        pytest.skip("caddy is not installed")
    server = shown("caddyfile").replace("127.0.0.1:8000", f"127.0.0.1:{web.port}")
    server = server.replace("portal.example.com {", f"https://portal.example.com:{port} {{\n\ttls internal")
    options = "{\n\tadmin off\n\tauto_https disable_redirects\n\tskip_install_trust\n}\n"
    (folder / "Caddyfile").write_text(options + server)
    command = [program, "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]
    with running(command, port, folder):
        yield Proxied(port)


@contextlib.contextmanager
def traefik(folder: Path, web: WebServer):
    port, program = (
        free_port(),
        shutil.which("traefik", path=f"{BASE_DIR}/build/proxies/bin:{os.environ['PATH']}"),
    )
    if not program:
        pytest.skip("traefik is not installed")
    start, portal = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.S)
    start = start.replace(":443", f"127.0.0.1:{port}").replace("/etc/traefik", str(folder))
    (folder / "traefik.yml").write_text(
        start.replace("accessLog:", f"accessLog:\n  filePath: {folder}/access.log")
    )
    portal = portal.replace("127.0.0.1:8000", f"127.0.0.1:{web.port}")
    (folder / "portal.yml").write_text(portal.replace("{certResolver: letsencrypt}", "{}"))
    with running([program, f"--configFile={folder}/traefik.yml"], port, folder):
        yield Proxied(port)


@contextlib.contextmanager
def running(command: list[str], port: int, folder: Path):
    homes = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with (folder / "said").open("w") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, env=os.environ | homes)
    try:
        deadline = time.monotonic() + 30
        while not answers(port):
            assert process.poll() is None, (folder / "said").read_text()
            assert time.monotonic() < deadline, (folder / "said").read_text()
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(30)


def answers(port: int) -> bool:
    with contextlib.suppress(OSError, http.client.HTTPException):
        return Proxied(port).get("/livez", Host="portal.example.com").status == 200
    return False


NAMED = {"Host": "portal.example.com"}


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.parametrize("proxy", [nginx, caddy, traefik])
def test_it_takes_forms_through_the_proxy_as_the_page_sets_it_up(web, tmp_path, proxy):
    with proxy(tmp_path, web) as browser:
        page = browser.get("/sign-in/", **NAMED)
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.html)[1]
        form = {"login": "nobody@example.com", "password": "x", "csrfmiddlewaretoken": token}
        sent = NAMED | {"Origin": URL, "Content-Type": "application/x-www-form-urlencoded"}
        answer = browser.ask("POST", "/sign-in/", urlencode(form).encode(), sent)
        large = browser.ask("POST", "/sign-in/", b"x" * 3_000_000, sent)

    assert (page.status, answer.status) == (200, 200)
    assert "errorlist" in answer.html
    assert page.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert list(browser.cookies) == ["__Host-csrf"]
    assert large.status == 413


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.parametrize("header", ["X-Forwarded-Proto", "X-Forwarded-For"])
def test_it_names_what_nginx_does_not_send(web, tmp_path, header):
    with nginx(tmp_path, web, leave_out=header) as browser:
        page = browser.get("/sign-in/", **NAMED)

    assert page.status == 400
    assert header in page.html
    assert 1 <= web.output.read_text().count(f"set up wrongly: {header}") <= 2  # once in each worker


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.parametrize(("proxy", "refusal"), [(nginx, 503), (traefik, 429)])
def test_it_limits_what_one_address_asks_for(web, tmp_path, proxy, refusal):
    with proxy(tmp_path, web) as browser, contextlib.closing(browser.connect()) as link:
        answers = [answer_on(link) for _ in range(200)]

    assert answers.count(200) >= 60
    assert set(answers) == {200, refusal}


def answer_on(link: http.client.HTTPConnection) -> int:
    link.request("GET", "/livez", headers=NAMED)
    answer = link.getresponse()
    answer.read()
    return answer.status


SECRET_LINKS = {
    "open_shared": [UUID(int=0), "S3CRET"],
    "open_invitation": ["S3CRET"],
    "calendar": ["S3CRET"],
    "open_password_link": ["S3CRET"],
    "account_reset_password_from_key": ["1", "S3CRET"],
}


def test_it_knows_every_link_with_a_secret():
    routes = {p.name: p.pattern for p in [*urlpatterns, *sign_in_urls] if isinstance(p, URLPattern)}
    secret = {name for name, pattern in routes.items() if {"secret", "key"} & set(pattern.regex.groupindex)}

    assert secret == set(SECRET_LINKS)


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.parametrize("proxy", [nginx, traefik])
def test_it_keeps_the_secrets_of_links_out_of_the_log_of_the_proxy(web, tmp_path, proxy):
    with proxy(tmp_path, web) as browser:
        for name, parts in SECRET_LINKS.items():
            browser.get(reverse(name, args=parts), **NAMED)
        browser.get("/sign-in/", **NAMED | {"User-Agent": "seen"})

    said = (tmp_path / "access.log").read_text()
    assert "GET" in said
    assert "S3CRET" not in said
