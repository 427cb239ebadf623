"""What every list promises, whichever its noun: everything about it stands in the address."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest
from django.utils import timezone

from portal.models import AccountPolicy
from portal.views import domains, emails, invoices, orders, quotes, services
from tests.portal.statements import all_statements
from ultahost_api.models import Account, Domain, Email, Invoice, Order, Quote, Service

# What a person takes for the same, however it is written in one place and typed in the other.
ALIKE = {
    "münchen.de": [
        "MÜNCHEN", "mu\u0308nchen.de", "munchen", "xn--mnchen-3ya.de", "XN--MNCHEN-3YA.DE.", "münchen.de.",
        "https://münchen.de/", "https://xn--mnchen-3ya.de/a?b=c", "mün\u00adchen.de", "mün\u2060chen.de",
    ],
    "xn--mnchen-3ya.de": ["münchen", "MÜNCHEN.DE", "xn--mnchen-3ya", "xn--mn", "http://xn--mnchen-3ya.de:8080"],
    "xn--ls8h.example": ["\U0001f4a9", "xn--ls8h"],
    "İzmir": ["izmir", "IZMIR", "İZMİR", "ızmır"],
    "IŞIK": ["ışık", "işik", "isik", "IŞIK"],
    "inşaat": ["İNŞAAT", "INŞAAT", "insaat"],
    "straße": ["STRASSE", "strasse", "Straße", "STRAẞE"],
    "STRASSE": ["straße"],
    "Zoe\u0308": ["zoë", "ZOË", "zoe"],
    "shop\u2060.example": ["shop.example", "SHOP.EXAMPLE."],
    "ＳＨＯＰ": ["shop"],
}  # fmt: skip


@dataclass
class Listed:
    """One noun's list, with rows that are known by their title."""

    noun: str
    model: type[Any]
    title: str
    csv_column: int
    status: str  # the column of its chips, or none
    rows: Any

    @property
    def url(self) -> str:
        return f"/{self.noun}/"

    @property
    def csv_url(self) -> str:
        return f"/{self.noun}.csv"

    def href(self, row: Any) -> str:
        by_number = f"{row.account_id}/{row.remote_id}"
        return f"{self.url}{row.pk if self.model in (Service, Invoice, Domain) else by_number}/"

    def in_status(self, word: str) -> dict[str, str]:
        return {self.status: word} if self.status else {}

    def make(self, account: Account, **fields: Any) -> Any:
        return getattr(self.rows, self.model.__name__.lower())(account, **fields)

    def add(self, account: Account, title: str, **fields: Any) -> Any:
        return self.make(account, **{self.title: title} | fields)

    def fill(self, accounts: list[Account], number: int) -> None:
        fields = {"currency": "EUR"} if self.model is Invoice else {}
        start = self.model.objects.count()
        self.model.objects.bulk_create(
            self.model(
                account=accounts[n % len(accounts)],
                remote_id=100_000 + n,
                **fields | self.in_status(STATUSES[n % 3]) | {self.title: f"row-{n:04}"},
            )
            for n in range(start, number)
        )


STATUSES = ("Active", "Pending", "Suspended")
NOUNS = {
    "services": (Service, "domain", 2, "status"),
    "invoices": (Invoice, "number", 1, "status"),
    "domains": (Domain, "name", 1, "status"),
    "orders": (Order, "number", 1, "status"),
    "quotes": (Quote, "subject", 1, "stage"),
    "emails": (Email, "subject", 1, ""),
}
TEXTS, DAYS, AMOUNTS = ("aaa", "bbb"), ("2026-01-01", "2027-01-01"), ("9", "10")
MOMENTS = ("2026-01-01T10:00Z", "2027-01-01T10:00Z")
# The lower first; of the amounts, as text, it would come last.
SORTED = {
    "services": dict.fromkeys(["product_name", "domain", "status"], TEXTS)
    | {"next_due_date": DAYS, "amount": AMOUNTS},
    "invoices": dict.fromkeys(["number", "status"], TEXTS)
    | dict.fromkeys(["date", "due_date"], DAYS)
    | {"total": AMOUNTS},
    "domains": dict.fromkeys(["name", "status"], TEXTS)
    | dict.fromkeys(["expiry_date", "next_due_date"], DAYS)
    | {"recurring_amount": AMOUNTS},
    "orders": dict.fromkeys(["number", "status"], TEXTS) | {"date": MOMENTS, "amount": AMOUNTS},
    "quotes": dict.fromkeys(["subject", "stage"], TEXTS)
    | dict.fromkeys(["created_on", "valid_until"], DAYS)
    | {"total": AMOUNTS},
    "emails": {"subject": TEXTS, "date": MOMENTS},
}
VIEWS = {
    "services": services,
    "invoices": invoices,
    "domains": domains,
    "orders": orders,
    "quotes": quotes,
    "emails": emails,
}
SORTS = [(noun, word) for noun, view in VIEWS.items() for word in view.LISTING.sorts if word != "account"]
# A word of ?sort= that orders each noun by its title.
BY_TITLE = {
    "services": "domain",
    "invoices": "number",
    "domains": "name",
    "orders": "number",
    "quotes": "subject",
    "emails": "subject",
}
WITH_STATUS = [noun for noun, (*_, status) in NOUNS.items() if status]


@pytest.fixture(params=NOUNS)
def listed(request, rows):
    return Listed(request.param, *NOUNS[request.param], rows)


def titles(page):
    """An order is called by its number, with the sign before it."""
    return [title.removeprefix("#") for title in page.texts("tbody td.name a")]


def exported(listed, export):
    return [line[listed.csv_column].removeprefix("#") for line in export.csv()]


@pytest.mark.parametrize("listed", WITH_STATUS, indirect=True)
def test_it_filters_by_status(browser, listed, acme):
    listed.add(acme, "one", **listed.in_status("Pending"))
    listed.add(acme, "two", **listed.in_status("Cancelled"))

    assert titles(browser.get(f"{listed.url}?status=Cancelled")) == ["two"]


@pytest.mark.parametrize("listed", WITH_STATUS, indirect=True)
def test_it_counts_each_status_under_the_other_filters(browser, listed, acme):
    for title, status in [("ant", "Pending"), ("ape", "Pending"), ("asp", "Cancelled"), ("bee", "Fraud")]:
        listed.add(acme, title, **listed.in_status(status))

    page = browser.get(f"{listed.url}?q=a&status=Cancelled&account={acme.pk}")

    assert page.texts(".chips a[id^=status-]")[:3] == ["All", "Pending 2", "Cancelled 1"]
    assert page.one(".chips a[aria-current=true]").text == "Cancelled 1"
    assert "q=a" in page.all(".chips a")[1]["href"]


def test_it_filters_by_account(browser, listed, rows, alma, acme):
    other = rows.account("Other")
    rows.key(alma, other, "Second")
    listed.add(acme, "ours")
    listed.add(other, "theirs")

    assert titles(browser.get(f"{listed.url}?account={other.pk}")) == ["theirs"]


def test_it_offers_to_choose_an_account_only_among_several(browser, listed, rows, alma, acme):
    listed.add(acme, "ours")
    assert browser.get(listed.url).all("select[name=account]") == []

    rows.key(alma, rows.account("Other"), "Second")
    assert browser.get(listed.url).texts("select[name=account] option") == ["All accounts", "Acme", "Other"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("blue", ["blue-mail", "blue-shop"]),
        ("blue mail", ["blue-mail"]),
        ("MAIL acme blue", ["blue-mail"]),
        ("müller", ["Müller"]),
        ("MÜLLER", ["Müller"]),
        ("muller", ["Müller"]),
        ("zoë", []),
        ("100%", ["100%"]),
        ("_", []),
    ],
)
def test_it_searches_every_word_in_any_case(browser, listed, acme, words, found):
    for title in ("100%", "Müller", "blue-mail", "blue-shop"):
        listed.add(acme, title)

    page = browser.get(f"{listed.url}?sort={BY_TITLE[listed.noun]}&q={words.replace('%', '%25')}")

    assert titles(page) == found


def test_it_searches_account_names_with_accents(browser, listed, acme):
    acme.name = "Ärzte & Söhne"
    acme.save()
    listed.add(acme, "one")

    assert titles(browser.get(f"{listed.url}?q=ärzte söhne")) == ["one"]


def test_it_finds_a_title_in_any_spelling_of_it(browser, listed, acme):
    listed.add(acme, "another")
    for title, words in ALIKE.items():
        row = listed.add(acme, title)
        for word in words:
            assert titles(browser.get(f"{listed.url}?{urlencode({'q': word})}")) == [title], (title, word)
        row.delete()


@pytest.mark.parametrize("form", ["{}", "%23{}"])
def test_it_finds_a_row_by_its_number(browser, listed, acme, form):
    row = listed.add(acme, "wanted", remote_id=4711)
    listed.add(acme, "other", remote_id=4712)

    assert titles(browser.get(f"{listed.url}?q={form.format(row.remote_id)}")) == ["wanted"]


@pytest.mark.parametrize("digits", [19, 40, 5000])
def test_it_survives_a_number_that_no_row_can_have(browser, listed, digits):
    """Python refuses to read more than 4,300 digits as a number, and the databases more than 18."""
    assert titles(browser.get(f"{listed.url}?q={'9' * digits}")) == []


@pytest.mark.parametrize("digits", [19, 5000])
@pytest.mark.parametrize(
    "url", ["/activity/", "/changes/", "/audit/", "/accounts/", "/contacts/", "/search/"]
)
def test_it_survives_it_wherever_one_can_search(visit, people, url, digits):
    assert visit(people.admin("Ada")).get(f"{url}?q={'9' * digits}").status == 200


@pytest.mark.parametrize(("listed", "word"), SORTS, indirect=["listed"])
def test_it_sorts_both_ways_with_blanks_last(browser, listed, acme, word):
    pairs = SORTED[listed.noun]
    low = listed.make(acme, **{column: pair[0] for column, pair in pairs.items()})
    high = listed.make(acme, **{column: pair[1] for column, pair in pairs.items()})
    blank = listed.make(acme, **listed.in_status(""))

    def shown(sort: str) -> list[str]:
        page = browser.get(f"{listed.url}?sort={sort}")
        return [link["href"] for link in page.all("tbody td.name a")]

    low, high, blank = (listed.href(row) for row in (low, high, blank))
    assert shown(word) == [low, high, blank]
    assert shown(f"-{word}") == [high, low, blank]


def test_it_sorts_by_account(browser, listed, rows, alma, acme):
    zeta = rows.account("Zeta")
    rows.key(alma, zeta, "Second")
    listed.add(zeta, "last")
    listed.add(acme, "first")

    assert titles(browser.get(f"{listed.url}?sort=account")) == ["first", "last"]
    assert titles(browser.get(f"{listed.url}?sort=-account")) == ["last", "first"]


def test_it_sorts_by_a_click_on_a_heading(browser, listed, acme):
    listed.fill([acme], 3)
    page = browser.get(f"{listed.url}?sort=account&q=row")

    up = browser.click(page, "thead th.name a")
    down = browser.click(up, "thead th[aria-sort=ascending] a")

    assert titles(down) == titles(up)[::-1]
    assert down.one("thead th[aria-sort]")["aria-sort"] == "descending"


def test_it_shows_a_page_at_a_time(browser, listed, acme):
    listed.fill([acme], 30)
    address = f"{listed.url}?sort={BY_TITLE[listed.noun]}"

    first, second = browser.get(address), browser.get(f"{address}&page=2")

    assert titles(first) == [f"row-{n:04}" for n in range(25)]
    assert titles(second) == [f"row-{n:04}" for n in range(25, 30)]
    assert second.texts(".pager span")[0] == "26–30 of 30"
    assert "sort=" in first.one(".pager a[rel=next]")["href"]


@pytest.mark.parametrize(("size", "shown"), [("50", 30), ("25", 25), ("7", 25), ("all", 25), ("-1", 25)])
def test_it_knows_four_page_sizes(browser, listed, acme, size, shown):
    listed.fill([acme], 30)

    assert len(titles(browser.get(f"{listed.url}?size={size}"))) == shown


@pytest.mark.parametrize("page", ["0", "99", "x"])
def test_it_shows_some_page_whatever_is_asked_for(browser, listed, acme, page):
    listed.fill([acme], 30)

    assert titles(browser.get(f"{listed.url}?page={page}"))


@pytest.mark.parametrize("bad", ["account=nonsense", "account=%00", "q=%00"])
def test_it_says_what_it_cannot_use_and_shows_no_rows(browser, listed, acme, bad):
    listed.add(acme, "one")

    page = browser.get(f"{listed.url}?{bad}")

    assert page.status == 200
    assert titles(page) == []
    assert page.all(".banner .words")
    assert browser.get(f"{listed.csv_url}?{bad}").csv() == []


@pytest.mark.parametrize("listed", WITH_STATUS, indirect=True)
def test_it_says_that_it_cannot_use_a_status(browser, listed, acme):
    listed.add(acme, "one")

    page = browser.get(f"{listed.url}?status=%00")

    assert titles(page) == []
    assert page.all(".banner .words")


def test_it_leaks_nothing_of_an_account_that_one_may_not_see(browser, listed, rows, acme):
    hidden = rows.account("Hidden Ltd", "GBP")
    AccountPolicy.objects.create(account=hidden, private=True)
    listed.add(hidden, "hidden-row")
    listed.add(acme, "ours")

    foreign = browser.get(f"{listed.url}?account={hidden.pk}")
    unknown = browser.get(f"{listed.url}?account={'0' * 8}-0000-4000-8000-{'0' * 12}")

    assert titles(foreign) == titles(unknown) == []
    assert foreign.texts(".banner") == unknown.texts(".banner") != []
    for page in (foreign, browser.get(listed.url), browser.get(f"{listed.url}?q=hidden")):
        assert "Hidden Ltd" not in page.html
        assert "hidden-row" not in page.html
        assert "GBP" not in page.html
    assert browser.get(f"{listed.csv_url}?account={hidden.pk}").csv() == []
    assert len(browser.get(listed.csv_url).csv()) == 1


@pytest.mark.parametrize("listed", WITH_STATUS, indirect=True)
def test_it_exports_exactly_what_is_filtered_in_the_order_shown(browser, listed, acme):
    listed.fill([acme], 120)
    address = f"{listed.url}?status=Pending&sort=-{BY_TITLE[listed.noun]}"
    first = browser.get(address)

    export = browser.get(first.one("a.csv")["href"])

    pages = titles(first) + titles(browser.get(f"{address}&page=2"))
    assert len(pages) == 40
    assert exported(listed, export) == pages
    assert export.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert f'filename="{listed.noun}.csv"' in export.headers["Content-Disposition"]


@pytest.mark.parametrize("listed", ["invoices", "domains", "orders", "quotes"], indirect=True)
def test_it_exports_the_name_that_the_page_shows(browser, listed, acme):
    row = listed.add(acme, "")

    assert browser.get(listed.url).texts("tbody td.name a") == [f"#{row.remote_id}"]
    assert [line[listed.csv_column] for line in browser.get(listed.csv_url).csv()] == [f"#{row.remote_id}"]


def test_it_keeps_what_is_gone_apart(browser, listed, acme):
    listed.add(acme, "here", **listed.in_status("Active"))
    listed.add(acme, "away", **listed.in_status("Fraud"), gone_at=timezone.now())

    now = browser.get(listed.url)
    gone = browser.click(now, ".pager a[id=gone]")

    assert titles(now) == ["here"]
    assert titles(gone) == ["away"]
    assert now.texts(".chips a[id^=status-]") == (["All", "Active 1"] if listed.status else [])
    assert now.texts(".pager a[id=gone]") == ["1 no longer at Ultahost"]
    assert exported(listed, browser.get(listed.csv_url)) == ["here"]
    assert exported(listed, browser.get(f"{listed.csv_url}?gone=1")) == ["away"]


def test_it_says_when_nothing_matches_and_how_to_see_all(browser, listed, acme):
    listed.add(acme, "one")

    page = browser.get(f"{listed.url}?q=nothing-like-this")

    assert page.one(".empty a")["href"] == listed.url
    assert page.all("a.csv") == []


def test_it_offers_no_filters_without_an_account(visit, people, dana, listed):
    page = visit(dana).get(listed.url)
    assert page.all(".toolbar") == page.all("main .actions > *") == []
    assert page.one(".empty a")["href"] == "/keys/add/"

    assert len(visit(dana).get(f"{listed.url}?q=x").all(".toolbar")) == 1


def test_it_leaves_an_empty_list_for_the_page_that_fills_it(visit, people, listed):
    """The link is not one of those which htmx follows inside the list."""
    link = visit(people.member("New")).get(listed.url).one(".empty a")

    assert link["href"] == "/keys/add/"
    boosts = [element["hx-boost"] for element in link.ancestors if "hx-boost" in element.attributes]
    assert boosts[0] == "false"


def test_it_answers_htmx_with_the_list_alone(browser, listed, acme):
    listed.add(acme, "one")

    part, whole = browser.htmx(listed.url, listed.noun), browser.get(listed.url)

    assert part.one(f"body > section#{listed.noun}")
    assert titles(part) == titles(whole) == ["one"]
    assert part.all("title") == part.all("h1") == []
    assert whole.all("title")


def test_it_answers_whole_pages_to_unknown_targets_and_restored_histories(browser, listed):
    restored = {"HX-History-Restore-Request": "true"}

    assert browser.htmx(listed.url, "elsewhere").all("title")
    assert browser.htmx(listed.url, listed.noun, **restored).all("title")


def test_it_tells_caches_that_the_answer_depends_on_htmx(browser, listed):
    for page in (browser.get(listed.url), browser.htmx(listed.url, listed.noun)):
        vary = page.headers["Vary"].split(", ")
        assert {"HX-Request", "HX-Target", "HX-History-Restore-Request", "Cookie"} <= set(vary)


@pytest.mark.parametrize(
    ("role", "columns", "words", "most"),
    [
        ("member", "usual", "", 12),
        ("admin", "usual", "", 12),
        ("member", "all", "", 14),  # lines, labels and what lines are for
        ("member", "usual", "row account", 13),  # what SQLite's index finds, and how much that is
    ],
)
def test_it_asks_as_many_queries_for_a_thousand_rows_as_for_ten(
    visit, people, listed, rows, role, columns, words, most
):
    reader = getattr(people, role)("Reader")
    if columns == "all":
        boxes = visit(reader).get(listed.url).all("#choose-columns input[name=column]")
        reader.columns = {listed.noun: [box["value"] for box in boxes]}
        reader.save()
    accounts = [rows.account(f"Account {n}") for n in range(5)]
    for account in accounts:
        rows.key(reader, account, account.name)
    browser, address = visit(reader), f"{listed.url}?{urlencode({'size': 250, 'q': words})}"

    def queries() -> int:
        with all_statements() as captured:
            browser.get(address)
        return len(captured)

    listed.fill(accounts, 10)
    queries()  # notes that somebody watches the accounts
    few = queries()
    listed.fill(accounts, 1000)
    assert len(titles(browser.get(address))) == 250
    assert queries() == few <= most


@pytest.mark.parametrize(
    "noun", ["services", "domains", "invoices", "orders", "quotes", "emails", "accounts"]
)
def test_the_page_of_a_row_leads_back_to_the_list_as_it_was(visit, people, rows, noun):
    acme = rows.account("Acme")
    alma = people.member("Alma")
    rows.key(alma, acme, "Main")
    row = acme if noun == "accounts" else getattr(rows, noun.removesuffix("s"))(acme)
    is_live = noun in ("orders", "quotes", "emails")
    path = f"/{noun}/{acme.pk}/{row.remote_id}/" if is_live else f"/{noun}/{row.pk}/"
    usual = f"/{noun}/?account={acme.pk}" if is_live else f"/{noun}/"
    browser = visit(alma)

    def led_back(referer):
        return browser.get(path, Referer=referer).one("a.back")["href"]

    assert led_back(f"http://testserver/{noun}/?q=a%22b&sort=-x&page=2") == f"/{noun}/?q=a%22b&sort=-x&page=2"
    assert led_back("http://testserver/") == usual
    assert led_back(f"http://evil.example/{noun}/?q=a") == usual
    assert led_back("") == usual
