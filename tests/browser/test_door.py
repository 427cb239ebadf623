"""A person comes in, proves who they are, lets a colleague in, and is shown out; what an admin shows outside.

All of it in a real browser, with the keyboard alone.
"""

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import PASSWORD, Visitor
from tests.browser.hands import hears
from tests.browser.keyboard import Keyboard
from ultahost_api.sandbox import totp
from ultahost_api.sandbox.team import DEMO_KEYS

OWN_PASSWORD = "a staple of batteries"


@pytest.fixture
def second(demo: str, browser: Browser) -> Iterator[Visitor]:
    """Another person's browser, with a fingerprint reader."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    reader = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": reader})
    yield Visitor(page, demo)
    context.close()


def free_a_key(admin: Keyboard, visitor: Visitor) -> None:
    """Dana's own, so that somebody new can bring one that Ultahost knows."""
    visitor.visit("/keys/")
    admin.press(admin.page.locator("tbody tr", has_text="Dana").locator(".name a"))
    admin.press(admin.page.get_by_role("link", name="Remove"))
    admin.prove(PASSWORD)
    admin.press(admin.page.get_by_role("dialog").get_by_role("button", name="Remove the key"))
    expect(admin.page.locator("[data-toasts]")).to_contain_text("the stored key deleted")


def invite(admin: Keyboard, visitor: Visitor) -> str:
    visitor.visit("/people/")
    admin.follow("Invite a person")
    admin.type("name", "Nils Holm")
    admin.type("email", "nils@example.com")
    admin.send()
    return admin.page.locator(".made-link input").input_value()


def test_a_member_comes_in_lets_a_colleague_in_and_is_shown_out(
    visitor: Visitor, second: Visitor, colleague: Visitor, adviser: Visitor
) -> None:
    admin, member = Keyboard(visitor.page), Keyboard(second.page)
    visitor.visit("/sign-in/")
    admin.type("login", "dana@example.com")
    admin.type("password", PASSWORD)
    admin.send()
    admin.sees("Home")
    free_a_key(admin, visitor)
    link = invite(admin, visitor)

    # Nils accepts
    second.page.goto(link)
    member.sees("Dana Whitfield invites you")
    assert link not in second.page.url
    member.type("password", OWN_PASSWORD)
    member.send()
    member.sees("Home")

    # an app, and what to do when it is lost
    member.follow("Set up")
    member.follow("Set up an app")
    secret = second.page.locator("p.mono").inner_text()
    expect(second.page.get_by_role("img", name="QR code of the secret")).to_be_visible()
    expect(second.page.locator("[name=code]")).to_be_focused()
    member.type("code", totp.code(secret.replace(" ", ""), time.time()))
    member.send()
    member.sees("Recovery codes")
    expect(second.page.locator(".recovery-codes li")).to_have_count(10)
    member.follow("I have stored them")
    member.sees("Home")

    # a passkey
    second.visit("/sign-in/ways/")
    member.follow("Add a passkey")
    member.type("name", "Laptop")
    member.push("Add the passkey")
    member.sees("Signing in")
    expect(second.page.locator("tbody td.name")).to_have_text("Laptop")

    # out, and in again with it
    member.press(second.page.locator(".menu.user summary"))
    member.press(second.page.locator(".menu.user").get_by_role("button", name="Sign out"))
    member.sees("Sign in")
    member.push("Sign in with a passkey")
    member.sees("Home")

    # a key, for which the passkey is asked for once more: the password would do as well
    second.visit("/keys/")
    member.follow("Add a key")
    member.is_asked()
    asked = second.page.locator("#again")
    member.press(asked.get_by_role("link", name="Use the password"))
    expect(asked.locator("[name=password]")).to_be_focused()
    member.press(asked.get_by_role("link", name="Use a passkey"))
    member.press(asked.get_by_role("button", name="Use your passkey"))
    member.type("label", "Harbour")
    member.type("secret", DEMO_KEYS["dana"])
    member.send()
    hears(second.page, "Its first refresh has started.")

    # a grant to a colleague, who finds the account among hers
    second.visit("/accounts/")
    member.follow("North Pier Ltd")
    member.follow("Give access")
    dialog = second.page.get_by_role("dialog")
    expect(dialog).to_contain_text("Give access to North Pier Ltd")
    member.choose_grant("Carla", "view")
    member.press(dialog.get_by_role("button", name="Give access"))
    hears(second.page, "Carla Núñez now has access to North Pier Ltd")
    colleague.sign_in("carla").visit("/accounts/")
    expect(colleague.page.locator("#main")).to_contain_text("North Pier Ltd")

    # the invoices for an adviser, who has no login
    visitor.visit("/share-links/add/")
    if "again" in visitor.page.url:
        admin.prove(PASSWORD)
    admin.type("name", "Tax adviser")
    visitor.page.get_by_label("All non-private accounts").check()
    admin.send()
    shared = visitor.page.locator(".made-link input").input_value()
    adviser.page.goto(shared)
    expect(adviser.page.locator("tbody td.name").first).to_be_visible()
    assert shared.rpartition(".")[2] not in adviser.page.url

    # Dana shows Nils out: his page goes to the sign-in by itself
    second.visit("/services/")
    visitor.prove()
    visitor.visit("/people/")
    admin.follow("Nils Holm")
    admin.sees("Nils Holm")
    admin.follow("Deactivate")
    admin.press(admin.page.get_by_role("dialog").get_by_role("button", name="Deactivate"))
    expect(visitor.page.locator("[data-toasts]")).to_contain_text("can no longer sign in")
    second.page.wait_for_url(re.compile(r"/sign-in/\?next=%2Fservices%2F"), timeout=60_000)
    member.sees("Sign in")
    member.push("Sign in with a passkey")
    member.sees("This login is deactivated")
    heard = [one.complaints for one in (visitor, second, colleague, adviser)]
    assert heard == [[], [], [], []]
