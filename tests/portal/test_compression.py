"""Which answers are compressed, whose length would tell a stranger something of a secret in them."""

import pytest

from portal.models import ShareLink
from portal.pages.compression import COMPRESSED
from portal.urls import urlpatterns

NAMES = {pattern.name for pattern in urlpatterns if hasattr(pattern, "name")}
LISTS = ("/", "/services/", "/invoices/", "/domains/", "/orders/", "/changes/", "/activity/")
TAKES = {"br": {"Accept-Encoding": "gzip, deflate, br"}, "gzip": {"Accept-Encoding": "gzip, deflate"}}


@pytest.fixture
def alma(people, rows):
    alma = people.member("Alma")
    acme = rows.account("Acme")
    rows.key(alma, acme)
    for number in range(20):
        rows.invoice(acme, number=f"INV-{number}")
    return alma


def test_it_names_only_addresses_that_there_are():
    assert set() == COMPRESSED - NAMES


either = pytest.mark.parametrize("encoding", TAKES)


@either
@pytest.mark.parametrize("path", LISTS)
def test_it_compresses_a_list_for_a_browser_that_takes_it(visit, alma, path, encoding):
    browser = visit(alma)

    page, plain = browser.get(path, **TAKES[encoding]), browser.get(path)

    assert page.headers["Content-Encoding"] == encoding
    assert not plain.is_compressed
    assert "Accept-Encoding" in page.headers["Vary"]
    assert page.one("h1").text == plain.one("h1").text
    assert len(page.response.content) < len(plain.response.content) / 2
    assert page.headers["Content-Length"] == str(len(page.response.content))


@either
def test_it_compresses_the_part_of_a_page_that_is_asked_for(visit, alma, encoding):
    part = visit(alma).htmx("/invoices/", "invoices", **TAKES[encoding])

    assert part.is_compressed
    assert len(part.all("#invoices tbody tr")) == 20


@pytest.mark.parametrize("told", ["", "identity", "br;q=0", "gzip;q=1, br; q=0.0", "brew", "*;q=0.5"])
def test_it_sends_no_brotli_to_a_client_that_does_not_take_it(visit, alma, told):
    assert visit(alma).get("/invoices/", **{"Accept-Encoding": told}).headers.get("Content-Encoding") != "br"


@either
def test_it_gives_the_same_page_another_length_each_time(visit, alma, encoding):
    """Padding, at random: the lengths of two answers cannot be compared."""
    browser = visit(alma)
    pages = [browser.get("/invoices/", **TAKES[encoding]) for _ in range(8)]

    if encoding == "gzip":
        padding = [len(page.response.content[10:].partition(b"\0")[0]) for page in pages]
    else:
        padding = [len(page.html.rpartition("<!--")[2].removesuffix("-->")) // 2 for page in pages]
    assert len(set(padding)) > 1
    assert max(padding) < 100


@either
def test_it_writes_another_token_against_forgery_into_each_page(visit, alma, encoding):
    """Django masks it: what is compressed is never the same twice."""
    browser = visit(alma)
    tokens = {browser.get("/invoices/", **TAKES[encoding]).one("body")["hx-headers"] for _ in range(3)}

    assert len(tokens) == 3


@either
def test_it_compresses_nothing_that_is_sent_or_missing(visit, alma, encoding):
    browser = visit(alma)

    assert not browser.post("/invoices/", {}, **TAKES[encoding]).is_compressed
    assert not browser.get(f"/invoices/{alma.pk}/", **TAKES[encoding]).is_compressed


@either
@pytest.mark.parametrize("path", ["/sign-in/", "/sign-in/password/forgotten/", "/sign-in/passkey/"])
def test_it_compresses_nothing_of_the_sign_in(visit, db, path, encoding):
    assert not visit().get(path, **TAKES[encoding]).is_compressed


def shown_invitation(boss):
    return "/people/invite/", {"email": "new@example.com", "name": "New", "role": "member"}


def shown_password_link(boss):
    return f"/people/{boss.pk}/password-link/", {}


def shown_share_link(boss):
    return "/share-links/add/", {"name": "Adviser", "days": "7", "scope": "all", "every_account": "on"}


def shown_codes(boss):
    return "/sign-in/ways/codes/new/", {}


@pytest.mark.parametrize(
    "form", [shown_invitation, shown_password_link, shown_share_link, shown_codes], ids=lambda f: f.__name__
)
def test_it_compresses_no_answer_that_shows_a_secret_once(visit, people, form):
    boss = people.admin("Boss")
    browser = visit(boss)
    browser.client.defaults["HTTP_ACCEPT_ENCODING"] = "gzip, br"

    page = browser.post(*form(boss))
    pages = [page, *([browser.follow(page)] if page.leads_to else [])]

    assert [one.is_compressed for one in pages] == [False] * len(pages)


def test_it_compresses_no_page_of_a_share_link(visit, people, rows):
    rows.invoice(rows.account("Acme"))
    link, secret = ShareLink.objects.make(people.admin("Boss"), days=7, name="Adviser")
    browser = visit()
    browser.client.defaults["HTTP_ACCEPT_ENCODING"] = "gzip, br"
    shared = browser.follow(browser.get(f"/s/{link.pk}.{secret}"))

    assert shared.one("table")
    assert not shared.is_compressed
