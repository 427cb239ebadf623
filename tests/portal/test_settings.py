"""A wrong setting stops the start with one sentence that names it."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from portal import environment

ROOT = Path(__file__).parents[2]
PASSED_ON = ("PATH", "HOME", "LANG", "PORTAL_ENV_FILE")
# What a portal on PostgreSQL needs besides; nobody's keys.
SECRETS = {
    "PORTAL_SECRET_KEY": "a-secret-key-of-nobody-0123456789-abcdefghijklmnopqrstuvwxyz",
    "PORTAL_SEALING_KEYS": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    "PORTAL_HMAC_KEY": "an-hmac-key-of-nobody-0123456789",
}
POSTGRES = {"DATABASE_URL": "postgres://nobody@localhost/nothing"}

PRINT = (
    "from portal import settings as s;"
    "print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.SHARE_COOKIE_NAME,"
    " s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE,"
    " getattr(s, 'SECURE_HSTS_SECONDS', 0) > 0)"
)


def python(tmp_path: Path, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    passed_on = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    environ = passed_on | {"PORTAL_DATA_DIR": str(tmp_path / "data")} | variables
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)


def check(tmp_path: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    return python(tmp_path, "manage.py", "check", **variables)


@pytest.fixture
def variables(monkeypatch):
    """Sets variables, each of which is unset before."""

    def put(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.delenv(f"{name}_FILE", raising=False)
            monkeypatch.setenv(name, value)

    return put


def test_it_starts_with_no_variable_at_all(tmp_path):
    done = check(tmp_path)

    assert done.returncode == 0, done.stderr


BAD = {
    "PORTAL_PORT": {"PORTAL_PORT": "eighty"},
    "PORTAL_URL": {"PORTAL_URL": "portal.example.com"},
    "PORTAL_TRUSTED_PROXIES": {"PORTAL_TRUSTED_PROXIES": "-1"},
    "PORTAL_TRUSTED_PROXIES must say how many": {"PORTAL_URL": "https://portal.example.com"},
    "DATABASE_URL": {"DATABASE_URL": "mysql://localhost/portal"},
    "PORTAL_SECRET_KEY": POSTGRES,
    "PORTAL_SEALING_KEYS": POSTGRES | SECRETS | {"PORTAL_SEALING_KEYS": ""},
    "PORTAL_HMAC_KEY": POSTGRES | SECRETS | {"PORTAL_HMAC_KEY": ""},
    "ULTAHOST_API_URL": {"ULTAHOST_API_URL": "http://api.example.com/v1"},
    "PORTAL_PROVIDER_URL": {"PORTAL_PROVIDER_URL": "bill.example.com"},
    "REDIS_URL": {"REDIS_URL": "localhost:6379"},
    "EMAIL_URL": {"EMAIL_URL": "mail.example.com"},
    "PORTAL_TIME_ZONE": {"PORTAL_TIME_ZONE": "Mars/Olympus"},
    "PORTAL_LOG_LEVEL": {"PORTAL_LOG_LEVEL": "LOUD"},
    "PORTAL_DATA_DIR": {"PORTAL_DATA_DIR": "/dev/null/portal"},
    "PORTAL_SECRET_KEY_FILE": {"PORTAL_SECRET_KEY_FILE": "/nowhere"},
}


@pytest.mark.parametrize("name", BAD)
def test_it_stops_with_one_sentence_that_names_the_variable(tmp_path, name):
    done = check(tmp_path, **BAD[name])

    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    (sentence,) = done.stderr.strip().splitlines()
    assert name in sentence
    assert sentence.endswith(".")


def test_it_stops_with_a_sentence_when_both_forms_are_set(tmp_path):
    (tmp_path / "file").write_text("ERROR")

    done = check(tmp_path, PORTAL_LOG_LEVEL="INFO", PORTAL_LOG_LEVEL_FILE=str(tmp_path / "file"))

    assert done.returncode == 1
    assert "PORTAL_LOG_LEVEL_FILE, not both" in done.stderr


def test_it_never_prints_a_secret_that_is_wrong(tmp_path):
    done = check(tmp_path, PORTAL_SEALING_KEYS="not-32-bytes-and-a-secret")

    assert done.returncode == 1
    assert "PORTAL_SEALING_KEYS" in done.stderr
    assert "not-32-bytes" not in done.stderr + done.stdout


@pytest.mark.parametrize("odd", ["a\nb", "a\x1bb", "\udcff"])
def test_it_takes_no_folder_that_no_configuration_can_name(tmp_path, odd):
    done = check(tmp_path, PORTAL_DATA_DIR=str(tmp_path / odd))

    assert done.stderr.strip().endswith("must name a folder without line breaks and the like.")


@pytest.mark.parametrize("bad", ["smtp://user:hunter2@mail", "mailto:hunter2@x", "smtp://u:hunter2@h:many"])
def test_it_never_prints_the_password_of_a_mail_server(tmp_path, bad):
    done = check(tmp_path, EMAIL_URL=bad)

    assert "hunter2" not in done.stderr + done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://portal.example.com", "__Host-session __Host-csrf __Secure-share True True True"),
        ("http://localhost:8000", "portal_session portal_csrf portal_share False False False"),
    ],
)
def test_it_hardens_cookies_exactly_when_the_portal_is_https(tmp_path, url, words):
    done = python(tmp_path, "-c", PRINT, PORTAL_URL=url, PORTAL_TRUSTED_PROXIES="1")

    assert done.stdout.strip() == words, done.stderr


# Addresses


@pytest.mark.parametrize(
    "url",
    [
        *("http://localhost:8000", "http://127.0.0.1", "http://127.0.0.2", "http://[::1]:8000"),
        "https://portal.example.com",
    ],
)
def test_it_takes_an_address(variables, url):
    variables(PORTAL_URL=f"{url}/")

    assert environment.read_url("PORTAL_URL", "") == url


@pytest.mark.parametrize(
    "url",
    [
        "http://portal.example.com",
        "http://192.0.2.1:8000",
        "http://127.0.0.1.example.com",
        "http://localhost@example.com",
        "https://user:password@example.com",
        "https://example.com:port",
        "https://example.com?x=1",
        "https://example.com?",
        "https://example.com#",
        "https://:password@example.com",
        "https://@example.com",
        "https://example.com:0",
        "https://example.com\\@evil.example",
        "https://exam ple.com",
        "ftp://localhost",
        "ftp://example.com",
        "//example.com",
        "https://",
        "http://[::1",
    ],
)
def test_it_takes_plain_http_and_odd_addresses_nowhere(variables, url):
    variables(PORTAL_URL=url)

    with pytest.raises(ImproperlyConfigured, match="PORTAL_URL must"):
        environment.read_url("PORTAL_URL", "")


ORIGINS = {
    "https://portal.example.com": "https://portal.example.com",
    "HTTPS://Portal.Example.COM/": "https://portal.example.com",
    "https://portal.example.com:443": "https://portal.example.com",
    "https://portal.example.com:8443": "https://portal.example.com:8443",
    "https://portal.example.com.": "https://portal.example.com",
    "https://pörtal.example": "https://xn--prtal-jua.example",
    "https://[2001:DB8:0::1]": "https://[2001:db8::1]",
    "http://LOCALHOST:80": "http://localhost",
}
IN_A_BROWSER = """
import json, sys
import django
django.setup()
from django.conf import settings
from django.middleware.csrf import _get_new_csrf_string
from django.test import Client
settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
origin = sys.argv[1]
token = _get_new_csrf_string()
client = Client(enforce_csrf_checks=True)
client.cookies[settings.CSRF_COOKIE_NAME] = token
sent = {"Host": origin.partition("://")[2], "Origin": origin, "X-CSRFToken": token,
        "X-Forwarded-Proto": origin.partition(":")[0], "X-Forwarded-For": "203.0.113.1"}
for origin in (origin, "https://evil.example"):
    print(client.post("/invitation/x/", headers=sent | {"Origin": origin}).status_code)
print(settings.PORTAL_URL)
"""


@pytest.mark.parametrize("url", ORIGINS)
def test_it_takes_forms_at_the_address_that_a_browser_makes_of_the_portals(tmp_path, url):
    variables = {
        "PORTAL_URL": url,
        "PORTAL_TRUSTED_PROXIES": "1",
        "DJANGO_SETTINGS_MODULE": "portal.settings",
    }

    done = python(tmp_path, "-c", IN_A_BROWSER, ORIGINS[url], **variables)

    # Past the checks of host and origin there is only the view, which takes no form.
    assert done.stdout.split() == ["405", "403", ORIGINS[url]], done.stderr


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://example.com/portal", "must have no path such as '/portal'"),
        ("https://*", "must name a host"),
        ("https://.example.com", "must name a host"),
        ("https://exa_mple.com", "must name a host"),
        ("https://a..b", "must name a host"),
        ("https://[fe80::1%25eth0]", "must"),
        ("https://[2001:db8::g]", "must be an address"),
    ],
)
def test_it_takes_no_address_at_which_links_or_forms_would_not_work(variables, url, words):
    variables(PORTAL_URL=url)

    with pytest.raises(ImproperlyConfigured, match=f"^PORTAL_URL {words}.*\\.$"):
        environment.read_origin("PORTAL_URL", "")


@pytest.mark.parametrize("text", ["0", "65536", "-1", "8000.0", "²", "0x10"])
def test_it_takes_numbers_within_their_bounds_alone(variables, text):
    variables(PORTAL_PORT=text)

    with pytest.raises(ImproperlyConfigured, match="PORTAL_PORT must be a whole number"):
        environment.read_int("PORTAL_PORT", 8000, low=1, high=65535)


# Files


def test_it_reads_a_value_from_a_file(monkeypatch, tmp_path):
    (tmp_path / "secret").write_text("from a file\n")
    monkeypatch.delenv("PORTAL_HMAC_KEY", raising=False)
    monkeypatch.setenv("PORTAL_HMAC_KEY_FILE", str(tmp_path / "secret"))

    assert environment.read("PORTAL_HMAC_KEY") == "from a file"


def test_it_generates_secrets_that_only_their_owner_reads(monkeypatch, tmp_path):
    monkeypatch.delenv("PORTAL_HMAC_KEY", raising=False)

    value = environment.read_secret("PORTAL_HMAC_KEY", tmp_path, generate=True)

    path = tmp_path / "secrets/hmac_key"
    assert path.read_text() == value
    assert len(environment.sealing_keys(value)[0]) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert environment.read_secret("PORTAL_HMAC_KEY", tmp_path, generate=True) == value


def test_it_generates_one_secret_for_all_processes(tmp_path):
    script = "import sys, pathlib, portal.environment as e;"
    script += "sys.stdin.read(); print(e.read_secret('PORTAL_NEW', pathlib.Path(sys.argv[1]), generate=True))"
    pipe = subprocess.PIPE
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path)], cwd=ROOT, stdin=pipe, stdout=pipe, text=True
        )
        for _ in range(6)
    ]
    for process in processes:
        process.stdin.close()  # together, once all are there
    said = {process.stdout.read() for process in processes}

    assert [process.wait() for process in processes] == [0] * 6
    assert len(said) == 1
    assert said == {(tmp_path / "secrets/new").read_text() + "\n"}


def test_it_generates_nothing_where_several_machines_may_share(monkeypatch, tmp_path):
    monkeypatch.delenv("PORTAL_HMAC_KEY", raising=False)

    with pytest.raises(ImproperlyConfigured, match="PORTAL_HMAC_KEY is required when DATABASE_URL is set"):
        environment.read_secret("PORTAL_HMAC_KEY", tmp_path, generate=False)
    assert list(tmp_path.iterdir()) == []


def test_it_takes_several_sealing_keys():
    key = SECRETS["PORTAL_SEALING_KEYS"]

    assert len(environment.sealing_keys(f"{key}, {key.rstrip('=')}")) == 2


@pytest.mark.parametrize("text", ["", " , ", "c2hvcnQ=", "ü" * 43, "!" * 44])
def test_it_takes_no_other_sealing_keys(text):
    with pytest.raises(ImproperlyConfigured, match="PORTAL_SEALING_KEYS"):
        environment.sealing_keys(text)
