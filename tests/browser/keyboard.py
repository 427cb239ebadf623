"""Somebody in a browser who has no mouse."""

from playwright.sync_api import Locator, Page, expect

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
        expect(self.page.get_by_role("main").get_by_role("heading", level=1)).to_have_text(heading)

    def choose_grant(self, person: str, level: str) -> None:
        """Fill in the form of a grant, and do not send it."""
        self.reach(self.page.locator("select[name=person]"))
        self.page.keyboard.type(person)
        self.reach(self.page.locator(f"input[name=level][value={level}]"))
        self.page.keyboard.press("Space")

    def is_asked(self) -> None:
        """Who one is: in a dialog over the page, or on a page of its own."""
        asked = self.page.locator("#again h1, main.entrance h1")
        expect(asked).to_have_text("Confirm it's you")

    def prove(self, password: str) -> None:
        self.is_asked()
        self.type("password", password)
        self.send()
