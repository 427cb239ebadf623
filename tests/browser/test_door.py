"""A person comes in, proves who they are, and is shown out: in a real browser, with the keyboard alone."""

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import PASSWORD, Visitor
from ultahost_api.sandbox import totp
from ultahost_api.sandbox.team import DEMO_KEYS

OWN_PASSWORD = "a staple of batteries"
MOST_TABS = 120


class Keyboard:
    """Somebody without a mouse: everything is reached by Tab and pressed by Enter."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def reach(self, target: Locator) -> None:
        expect(target).to_be_visible()
        for _ in range(MOST_TABS):
            if target.evaluate("element => element === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab never came to {target}.")

    def press(self, target: Locator) -> None:
        self.reach(target)
        self.page.keyboard.press("Enter")

    def follow(self, words: str) -> None:
        self.press(self.page.locator("#main").get_by_role("link", name=words, exact=True).first)

    def push(self, words: str) -> None:
        self.press(self.page.locator("#main").get_by_role("button", name=words, exact=True))

    def type(self, field: str, words: str) -> None:
        self.reach(self.page.locator(f"[name={field}]"))
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(words)

    def send(self) -> None:
        self.page.keyboard.press("Enter")

    def sees(self, heading: str) -> None:
        expect(self.page.get_by_role("heading", level=1)).to_have_text(heading)

    def prove(self, password: str) -> None:
        self.sees("Confirm that it is you")
        self.type("password", password)
        self.send()


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
    admin.push("Remove the key")
    expect(admin.page.locator("[data-toasts]")).to_contain_text("its secret is forgotten")


def invite(admin: Keyboard, visitor: Visitor) -> str:
    visitor.visit("/people/")
    admin.follow("Invite a person")
    admin.type("name", "Nils Holm")
    admin.type("email", "nils@example.com")
    admin.send()
    return admin.page.locator(".copyable code").inner_text()


def test_a_member_comes_in_with_app_and_passkey_and_is_shown_out(visitor: Visitor, second: Visitor) -> None:
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
    member.follow("Set one up")
    member.follow("Set up an app")
    secret = second.page.locator("p.mono").inner_text()
    expect(second.page.get_by_role("img", name="QR code of the secret")).to_be_visible()
    expect(second.page.locator("[name=code]")).to_be_focused()
    member.type("code", totp.code(secret.replace(" ", ""), time.time()))
    member.send()
    member.sees("Recovery codes")
    expect(second.page.locator(".recovery-codes li")).to_have_count(10)
    member.follow("I have kept them")
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

    # a key, for which the passkey is asked for once more
    second.visit("/keys/add/")
    member.sees("Confirm that it is you")
    member.push("Use your passkey")
    member.type("label", "Harbour")
    member.type("secret", DEMO_KEYS["dana"])
    member.send()
    expect(second.page.locator("[data-toasts]")).to_contain_text("Its first refresh has started.")

    # Dana shows him out: his page goes to the sign-in by itself
    second.visit("/services/")
    visitor.visit("/people/")
    admin.follow("Nils Holm")
    admin.sees("Nils Holm")
    admin.push("Deactivate")
    expect(visitor.page.locator("[data-toasts]")).to_contain_text("can no longer sign in")
    second.page.wait_for_url(re.compile(r"/sign-in/\?next=%2Fservices%2F"), timeout=60_000)
    member.sees("Sign in")
    member.push("Sign in with a passkey")
    member.sees("This login is deactivated")
    assert (visitor.complaints, second.complaints) == ([], [])
