"""The demo itself, started by its own command, and a browser in front of it."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.cache import cache
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from portal.models import User
from tests.browser.desk import Desk, read
from ultahost_api import keys
from ultahost_api.client import Client
from ultahost_api.sandbox import Sandbox
from ultahost_api.sandbox.control import HEADER
from ultahost_api.sandbox.team import DEMO_KEYS

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "one portal for all"
CHROMIUM = next(
    (path for path in ("/usr/bin/chromium", "/usr/bin/chromium-browser") if Path(path).exists()), ""
)
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def sandbox_port() -> int:
    return _free_port()


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="session")
def demo_log() -> list[str]:
    """What the demo's processes have printed so far."""
    return []


@pytest.fixture(scope="session")
def demo(demo_folder: Path, demo_log: list[str], sandbox_port: int) -> Iterator[str]:
    """The address of a running demo with its team filled in."""
    port = _free_port()
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "PORTAL_DATA_DIR": str(demo_folder),
        "PORTAL_PORT": str(port),
        "PORTAL_SANDBOX_PORT": str(sandbox_port),
        "DATABASE_URL": "",
        "REDIS_URL": "",
    }
    for name in ("PORTAL_SECRET_KEY", "PORTAL_URL", "ULTAHOST_API_URL"):
        environment.pop(name, None)
    command = [sys.executable, "manage.py", "portal_up", "--demo"]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        assert process.stdout
        for line in process.stdout:
            demo_log.append(line)
            if "Ctrl-C stops everything" in line:
                break
        else:
            pytest.fail("The demo did not start:\n" + "".join(demo_log))
        # Read on, lest it blocks on a full pipe.
        threading.Thread(target=demo_log.extend, args=(process.stdout,), daemon=True).start()
        yield f"http://localhost:{port}"
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(100)  # the programs stop one after the other, and may finish what they are at


@pytest.fixture(autouse=True)
def _no_sign_in_is_counted(request: pytest.FixtureRequest) -> None:
    """Tests sign in more often than the 30 times a minute that an address may."""
    if "live_server" in request.fixturenames:
        request.getfixturevalue("live_server")
        cache.clear()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@dataclass
class Visitor:
    """A page, and everything its browser complained of."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(15_000)
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.text} ({message.location.get('url')})")

    def sign_in(self, name: str) -> "Visitor":
        self.visit("/sign-in/")
        self.page.get_by_label("E").first.fill(f"{name}@example.com")
        self.page.locator("input[type=password]").fill(PASSWORD)
        self.page.locator("main button.primary").click()
        self.page.wait_for_url(f"{self.address}/")
        return self

    def prove(self) -> "Visitor":
        """Confirm beforehand who it is, which acts with money and keys want to know."""
        self.visit("/sign-in/again/")
        self.page.locator("input[type=password]").fill(PASSWORD)
        self.page.locator("main button.primary").click()
        self.page.wait_for_url(f"{self.address}/")
        return self

    def visit(self, path: str) -> None:
        self.page.goto(f"{self.address}{path}")

    def serious_findings(self) -> list[str]:
        """Accessibility findings that axe calls serious or critical; its own styles make the CSP complain."""
        return self.findings({"serious", "critical"})

    def findings(self, impacts: Collection[str] = ("minor", "moderate", "serious", "critical")) -> list[str]:
        violations = Axe().run(self.page).response["violations"]
        return [f"{v['id']} at {v['nodes'][0]['target']}" for v in violations if v["impact"] in impacts]


@pytest.fixture
def visitor(demo: str, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Visitor]:
    """A clean profile; parametrize it indirectly with the options of a browser context."""
    context = browser.new_context(**getattr(request, "param", {"viewport": {"width": 1280, "height": 900}}))
    yield Visitor(context.new_page(), demo)
    context.close()


@pytest.fixture
def colleague(demo: str, browser: Browser) -> Iterator[Visitor]:
    """Another person, in a clean profile of their own."""
    context = browser.new_context()
    yield Visitor(context.new_page(), demo)
    context.close()


@pytest.fixture
def adviser(demo: str, browser: Browser) -> Iterator[Visitor]:
    """Somebody without a login, in a clean profile as well."""
    context = browser.new_context()
    yield Visitor(context.new_page(), demo)
    context.close()


class Ledger:
    """What really happened at the provider since the test began."""

    def __init__(self, sandbox: str) -> None:
        self._sandbox = sandbox
        self._known = {name: len(self._read(name)) for name in ("ledger", "requests")}

    def __call__(self, action: str) -> list[dict[str, Any]]:
        """The effects of one action, oldest first: `target`, and `parameters` with the secrets masked."""
        return self._new("ledger", action)

    def asked(self, action: str) -> list[dict[str, Any]]:
        """The requests for one action, whatever came of them."""
        return self._new("requests", action)

    def _new(self, name: str, action: str) -> list[dict[str, Any]]:
        return [entry for entry in self._read(name)[self._known[name] :] if entry["action"] == action]

    def _read(self, name: str) -> list[dict[str, Any]]:
        asked = Request(f"{self._sandbox}/_sandbox/{name}", headers={HEADER: "1"})
        with urlopen(asked, timeout=10) as answer:
            return list(json.load(answer)[name])


@pytest.fixture
def ledger(demo: str, sandbox_port: int) -> Ledger:
    return Ledger(f"http://127.0.0.1:{sandbox_port}")


Ultahost = Callable[..., Any]


@pytest.fixture
def ultahost(demo: str, sandbox_port: int) -> Ultahost:
    """What Ultahost itself tells the holder of a key: ``ultahost("ben", "get_domain", domainid=7)``."""

    def ask(name: str, action: str, **parameters: object) -> Any:
        client = Client(DEMO_KEYS[name], base_url=f"http://127.0.0.1:{sandbox_port}/client-api/v1")
        return client.call(action, **parameters).data

    return ask


@pytest.fixture
def desk(
    browser: Browser, live_server: Any, sandbox: Sandbox, rung: list[Any], transactional_db: None
) -> Iterator[Desk]:
    owner = User.objects.create_user("alma@example.com", PASSWORD, name="Alma")
    acme, other = sandbox.add_account("Acme", "EUR"), sandbox.add_account("Umbrella", "EUR")
    acme.add_invoices(30, status="Unpaid")
    other.add_invoices(1, status="Paid")
    keys.add(owner, "Main", sandbox.add_key(acme))
    keys.add(owner, "Other", sandbox.add_key(other))
    read(everything=True)
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield Desk(Visitor(context.new_page(), live_server.url), acme)
    context.close()
