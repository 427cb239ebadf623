"""The provider's news, the same for every account."""

import pytest


@pytest.fixture
def alma(people):
    return people.member("Alma")


@pytest.fixture
def acme(sandbox, alma, add_key):
    add_key(alma, acme := sandbox.add_account("Acme"))
    return acme


def new_ones(page):
    return [cell.text for cell in page.all("td.state") if cell.text]


def test_it_lists_the_news_of_any_account(visit, alma, acme, sandbox):
    sandbox.add_announcements(title="Old", date="2026-01-01 10:00:00")
    sandbox.add_announcements(title="Zürich", date="2026-05-01 10:00:00")
    browser = visit(alma)

    assert browser.get("/announcements/").texts("#announcements td.name") == []
    assert browser.get("/announcements/?live=1").texts("#announcements td.name") == ["Zürich", "Old"]


def test_it_searches_and_sorts_the_titles_of_all_pages(visit, alma, acme, sandbox, settings):
    settings.ULTAHOST = {**settings.ULTAHOST, "PAGE_SIZE": 2}
    for title in ("Zürich", "Berlin", "Zürich two"):
        sandbox.add_announcements(title=title, date="2026-01-01 10:00:00")
    sandbox.add_announcements(title="Undated", date="0000-00-00 00:00:00")
    browser = visit(alma)

    def shown(query):
        return browser.get(f"/announcements/?live=1{query}").texts("td.name")

    assert shown("&q=ZURICH") == ["Zürich two", "Zürich"]
    assert shown("&q=zurich two") == ["Zürich two"]
    assert shown("&sort=title") == ["Berlin", "Undated", "Zürich", "Zürich two"]
    assert shown("&sort=date")[-1] == shown("")[-1] == "Undated"
    assert browser.get("/announcements/?live=1&q=nothing").one(".empty a")["href"] == "?live=1"


def test_it_counts_them_and_turns_pages(visit, alma, acme, sandbox):
    sandbox.add_announcements(30)
    browser = visit(alma)

    page = browser.get("/announcements/?live=1")
    rest = browser.get("/announcements/" + page.one(".pager a[rel=next]")["href"])

    assert page.texts(".pager span")[0] == "1–25 of 30"
    assert len(rest.all("td.name")) == 5
    assert rest.one("input[name=latest]")["value"] == page.one("input[name=latest]")["value"]


def test_it_marks_recent_ones_as_new_until_they_are_marked_as_read(visit, alma, acme, sandbox):
    sandbox.add_announcements(title="Long ago", date="2020-01-01 10:00:00")
    sandbox.add_announcements(title="Just now")
    browser = visit(alma)

    page = browser.get("/announcements/?live=1")
    assert new_ones(page) == ["New"]
    assert "Status" in page.texts("thead th")
    assert new_ones(browser.get("/announcements/?live=1")) == ["New"]  # looking changes nothing

    latest = page.one("input[name=latest]")["value"]
    assert browser.post("/announcements/", {"latest": latest}).leads_to == "/announcements/"

    page = browser.get("/announcements/?live=1")
    assert new_ones(page) == []
    assert "Status" not in page.texts("thead th")
    assert page.all("input[name=latest]") == []


@pytest.mark.parametrize("latest", ["", "-3", "²", "x", "9" * 5000])
def test_it_takes_no_nonsense_for_what_was_read(visit, alma, acme, latest):
    browser = visit(alma)

    assert browser.post("/announcements/", {"latest": latest}).status == 303
    assert browser.get("/announcements/?live=1").status == 200


def test_it_shows_one_in_a_frame_that_can_do_nothing(visit, alma, acme, sandbox):
    (news,) = sandbox.add_announcements(
        title="Terms", announcement="<p>New<script>alert(1)</script> terms</p>"
    )
    browser = visit(alma)

    page = browser.get(f"/announcements/{news['id']}/?live=1")
    text = browser.get(page.one("iframe")["src"])

    assert page.one("h1").text == "Terms"
    assert text.one("body p").text == "New terms"
    assert "sandbox" in text.headers["Content-Security-Policy"]
    assert text.headers["X-Frame-Options"] == "SAMEORIGIN"


def test_it_calls_one_without_a_title_by_its_id(visit, alma, acme, sandbox):
    one = sandbox.state.add_announcement(title="")

    assert f"#{one['id']}" in visit(alma).get("/announcements/?live=1").texts("tbody td.name a")
    assert visit(alma).get(f"/announcements/{one['id']}/?live=1").one("h1").text == f"#{one['id']}"


def test_it_says_that_there_is_no_such_announcement(visit, alma, acme):
    assert "cannot find this" in visit(alma).get("/announcements/999/?live=1").one(".banner").text


def test_it_says_so_when_ultahost_does_not_answer(visit, alma, acme, sandbox):
    sandbox.stop()

    assert "Ultahost does not answer" in visit(alma).get("/announcements/?live=1").one(".banner").text


def test_it_has_nothing_for_people_without_an_account(visit, people, acme, sandbox):
    (news,) = sandbox.add_announcements()
    ben = visit(people.member("Ben"))

    assert ben.get("/announcements/?live=1").one(".empty a")["href"] == "/keys/add/"
    assert ben.get(f"/announcements/{news['id']}/").status == 404
    assert ben.get(f"/announcements/{news['id']}/text/").status == 404
    assert visit(people.billing("Emil")).get("/announcements/").status == 404
