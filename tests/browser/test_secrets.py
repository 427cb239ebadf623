"""Secrets typed into the running demo are afterwards in no file of its, in no queue and in no log."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from playwright.sync_api import expect

from portal.running import valkey
from tests.browser.conftest import Visitor
from tests.browser.hands import (
    act,
    follow,
    hears,
    open_account,
    open_first,
    open_service_with_module,
    press,
    prove,
    type_in,
)
from tests.portal.test_canaries import spellings
from ultahost_api.sandbox.team import DEMO_KEYS

CARD, SERVICE_PASSWORD, WRONG_PASSWORD = "4929137045218864", "canary in a service 1", "canary that is refused"
SHOWN_CODE = "Epp&<1>\"code'"


@pytest.fixture
def queue(demo: str, demo_folder: Path) -> Iterator[redis.Redis]:
    with redis.Redis(unix_socket_path=str(valkey.socket_path(demo_folder))) as queue:
        yield queue


def kept(folder: Path, queue: redis.Redis, log: list[str]) -> Iterator[tuple[str, bytes]]:
    """Whatever the portal keeps, raw: database, write-ahead log, append-only file, the queue's memory, logs.

    What the stand-in for Ultahost keeps is Ultahost's.
    """
    for path in folder.rglob("*"):
        if path.is_file() and "sandbox" not in path.name:
            yield path.name, path.read_bytes()
    aside = valkey.socket_path(folder).parent
    for path in aside.rglob("*"):
        if path.is_file():
            yield path.name, path.read_bytes()
    for name in queue.scan_iter():
        yield f"the queue: {name!r}", name + (queue.dump(name) or b"")
    yield "the log", "".join(log).encode()


def found(secret: str, *where: object) -> set[str]:
    return {
        name
        for name, raw in kept(*where)
        if any(spelt.encode() in raw for spelt in spellings(secret))  # type: ignore[arg-type]
    }


def test_it_keeps_no_secret_that_was_typed_or_shown(
    visitor: Visitor, demo_folder: Path, demo_log: list[str], queue: redis.Redis
) -> None:
    page = visitor.sign_in("dana").prove().page
    visitor.visit("/catalogue/cards/")
    press(page, "Allow card numbers")
    page.wait_for_url("**/catalogue/")

    page.context.clear_cookies()
    visitor.sign_in("alma").prove()
    visitor.visit("/payment-methods/")
    follow(page, "Add a card")
    type_in(page, card_number=CARD, card_expiry="09/2031", description="Canary card")
    press(page, "Add the card")
    hears(page, "Added a ")
    open_service_with_module(visitor)
    act(page, "Set a new password")
    type_in(page.get_by_role("dialog"), password=SERVICE_PASSWORD)
    press(page.get_by_role("dialog"), "Set the password")
    hears(page, "Set a new password for ")

    page.context.clear_cookies()
    visitor.sign_in("ben")
    open_account(visitor, "Open Harbour Labs")
    follow(page, "Change password")
    prove(page)
    type_in(page, existing=WRONG_PASSWORD, new=f"{WRONG_PASSWORD} 2", confirmed=f"{WRONG_PASSWORD} 2")
    press(page, "Change the password")
    expect(page.locator("main .errorlist")).to_contain_text("Nothing was changed")
    open_first(visitor, "/domains/?q=kaffeerösterei.de")
    act(page, "EPP code")
    press(page, "Show the code")
    expect(page.locator(".copyable code")).to_have_text(SHOWN_CODE)
    open_account(visitor, "Open Harbour Labs")
    follow(page, "Two-factor sign-in")
    press(page, "Set it up")
    seed = page.locator("p.mono").inner_text()

    page.context.clear_cookies()
    visitor.sign_in("dana").prove()
    visitor.visit("/catalogue/cards/")
    press(page, "Turn it off")
    page.wait_for_url("**/catalogue/")

    everything = (demo_folder, queue, demo_log)
    secrets = [CARD, SERVICE_PASSWORD, WRONG_PASSWORD, SHOWN_CODE, seed, seed.replace(" ", "")]
    assert {secret: found(secret, *everything) for secret in [*secrets, *DEMO_KEYS.values()]} == {
        secret: set() for secret in [*secrets, *DEMO_KEYS.values()]
    }


def test_it_would_find_one(demo_folder: Path, demo_log: list[str], queue: redis.Redis) -> None:
    planted = "planted-canary-0815"
    queue.set("planted", planted)
    demo_log.append(planted)
    Path(demo_folder, "planted.txt").write_text(planted)
    names = found(planted, demo_folder, queue, demo_log)
    queue.delete("planted")
    assert {"planted.txt", "the queue: b'planted'", "the log"} < names
    assert any(name.endswith(".aof") for name in names)
