"""The keys of the keyboard: a page without a script, a dialog with one."""

import pytest

from portal.wording.menu import PAGES


def keys_of(page):
    return {dt.text for dt in page.all(".keys dt")}


def test_it_leads_there_from_each_page_by_a_link_and_a_key(visit, people):
    browser = visit(people.member("Alma"))
    link = browser.get("/").all("a[data-shortcut=?]")[0]
    assert "data-dialog" in link.attributes
    assert browser.get(link["href"]).one("h1").text == "Keyboard shortcuts"


@pytest.mark.parametrize("role", ["admin", "member", "billing"])
def test_it_shows_each_key_that_a_page_has(visit, people, role):
    browser = visit(getattr(people, role)("Alma"))
    keys = {link["data-shortcut"] for link in browser.get("/").all("[data-shortcut]")}
    shown = keys_of(browser.get("/shortcuts/"))

    assert keys <= shown
    assert {"?", "j", "k", "Enter", "x", "/", "Ctrl K"} <= shown


def test_it_gives_no_two_pages_the_same_key():
    keys = [page.shortcut for page in PAGES if page.shortcut]
    assert len(keys) == len(set(keys))


def test_it_goes_to_each_tab_of_the_history_by_its_key(visit, people):
    page = visit(people.member("Alma")).get("/")
    assert {link["href"] for link in page.all(".rail a[data-shortcut='g a']")} == {"/activity/"}
