"""The search over everything: what it finds, in which spelling, for whom, and with how many statements."""

from urllib.parse import quote

import pytest

from portal.models import AccountPolicy, Grant, Product, ServiceCommand, User
from portal.pages import hits
from portal.queries.places import ALL
from tests.portal.statements import all_statements
from ultahost_api.models import LISTS, Domain, Email, Invoice, Order, Quote, Service


@pytest.fixture
def acme(rows):
    return rows.account("Acme Bäckerei")


@pytest.fixture
def alma(people, rows, acme):
    alma = people.member("Alma")
    rows.key(alma, acme, "Main key")
    return alma


@pytest.fixture
def search(visit, alma):
    browser = visit(alma)

    def search(query, who=browser):
        page = who.get(f"/search/?q={quote(query)}")
        assert page.status == 200
        return page

    return search


def found(page):
    """The names of the results, by their groups."""
    ids = [one["aria-labelledby"] for one in page.all("main section")]
    return {id_.removeprefix("found-"): page.texts(f"section[aria-labelledby={id_}] .title") for id_ in ids}


@pytest.fixture
def one_of_each(rows, acme):
    rows.service(acme, remote_id=811, domain="tiny-observatory.net", product_name="Linux VPS", amount="19.99")
    rows.domain(acme, remote_id=812, name="xn--mnchen-3ya.de", recurring_amount="36.30")
    lines = "Renewal of İSTANBUL-straße.example 1234.50"
    rows.invoice(acme, remote_id=813, number="INV-0347", total="36.30", lines=lines)
    rows.order(acme, remote_id=814, number="5550001", amount="1234.50")
    rows.quote(acme, remote_id=815, subject="Offer for the harbour", total="77.25")
    rows.email(acme, remote_id=816, subject="Your domain expires")


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("observ", {"services": ["tiny-observatory.net"]}),
        ("ti", {"services": ["tiny-observatory.net"]}),
        ("lin", {"services": ["tiny-observatory.net"]}),
        ("#811", {"services": ["tiny-observatory.net"]}),
        ("münchen", {"domains": ["xn--mnchen-3ya.de"]}),
        ("MU\u0308NCHEN.DE.", {"domains": ["xn--mnchen-3ya.de"]}),
        ("xn--mnch", {"domains": ["xn--mnchen-3ya.de"]}),
        ("https://www.xn--mnchen-3ya.de/", {"domains": ["xn--mnchen-3ya.de"]}),
        ("https://xn--mnchen-3ya.de/a?b", {"domains": ["xn--mnchen-3ya.de"]}),
        ("inv-03", {"invoices": ["INV-0347"]}),
        ("347", {"invoices": ["INV-0347"]}),
        ("813", {"invoices": ["INV-0347"]}),
        ("istanbul strasse", {"invoices": ["INV-0347"]}),
        ("ıSTANBUL", {"invoices": ["INV-0347"]}),
        ("36,30", {"domains": ["xn--mnchen-3ya.de"], "invoices": ["INV-0347"]}),
        ("€36.30", {"domains": ["xn--mnchen-3ya.de"], "invoices": ["INV-0347"]}),
        ("36.30 EUR", {"domains": ["xn--mnchen-3ya.de"], "invoices": ["INV-0347"]}),
        ("1.234,50 €", {"invoices": ["INV-0347"], "orders": ["#5550001"]}),
        ("1,234.5", {"invoices": ["INV-0347"], "orders": ["#5550001"]}),
        ("555", {"orders": ["#5550001"]}),
        ("#5550001", {"orders": ["#5550001"]}),
        ("harb", {"quotes": ["Offer for the harbour"]}),
        ("domain expires", {"emails": ["Your domain expires"]}),
        ("backerei harbour", {"quotes": ["Offer for the harbour"]}),
        ("ACME", {
            "accounts": ["Acme Bäckerei"], "services": ["tiny-observatory.net"], "invoices": ["INV-0347"],
            "domains": ["xn--mnchen-3ya.de"], "orders": ["#5550001"], "quotes": ["Offer for the harbour"],
            "emails": ["Your domain expires"], "keys": ["Main key …0001"],
        }),
        ("observ harbour", {}),
        ("nothing-of-that", {}),
        ("m", {}),
    ],
)  # fmt: skip
def test_it_finds_anything_by_a_part_of_what_it_is_called(search, one_of_each, query, told):
    result = found(search(query))
    result.pop("pages", None)
    result.pop("contacts", None)
    result.pop("keys", None) if "keys" not in told else result.update(keys=told["keys"])
    assert result == told


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("pay", "Pay invoices"),
        ("invit", ""),
        ("add a key", "Add a key"),
        ("2fa", "Signing in"),
        ("dark", "Your profile"),
        ("invoices", "Invoices"),
        ("audit", ""),
    ],
)
def test_it_finds_the_portal_s_own_pages_and_acts_by_words(search, query, first):
    assert (found(search(query)).get("pages") or [""])[0] == first


@pytest.mark.parametrize(
    ("query", "first"),
    [("invit", "Invite a person"), ("audit", "Audit log"), ("add user", "Invite a person")],
)
def test_it_offers_an_admin_their_pages(visit, people, search, query, first):
    assert found(search(query, visit(people.admin("Boss"))))["pages"][0] == first


def test_it_opens_every_page_that_it_offers(visit, people, rows, acme, search):
    boss = visit(people.admin("Boss"))
    rows.key(people.member("Other"), acme)
    from portal.queries.places import ACTS

    for place in ACTS:
        page = boss.get(place.url)
        assert page.status in {200, 302, 303}, place.url


@pytest.mark.parametrize("place", [place for place in ALL if place.query], ids=lambda place: str(place.label))
def test_it_leads_to_a_list_that_knows_its_filter(visit, people, rows, acme, place):
    """A list says nothing of a parameter that it does not know, and shows everything."""
    one = {"services": rows.service, "domains": rows.domain, "invoices": rows.invoice}[place.route]
    one(acme)
    page = visit(people.admin("Boss")).get(place.url)
    (chosen,) = page.all(".chips [aria-current]")
    name, value = place.query.partition("#")[0].removeprefix("?").split("&")[0].split("=")
    assert chosen["id"] == f"{name}-{value}"


def test_it_leads_from_a_verb_to_the_page_that_asks(search, one_of_each):
    command = ServiceCommand.objects.create(name="reboot", words="Reboot")
    service, invoice = Service.objects.get(), Invoice.objects.get()

    assert search("rebo tiny").one(".hit")["href"] == f"/services/{service.pk}/run/{command.pk}/"
    Invoice.objects.update(status="Unpaid")
    assert search("pay 0347").one(".hit")["href"] == f"/invoices/{invoice.pk}/pay/"
    Invoice.objects.update(status="Paid")
    assert {*found(search("pay 0347"))} == {"contacts"}


@pytest.mark.parametrize("query", ["reb", "reboot", "REBOOT ", "soft"])
def test_it_offers_a_bare_command_with_the_services_that_take_it(search, one_of_each, rows, acme, query):
    ServiceCommand.objects.create(name="reboot", words="Reboot", products=["Linux VPS"])
    ServiceCommand.objects.create(name="reset", words="Soft reset", products=["Linux VPS"])
    rows.service(acme, domain="no-such-product.example")
    rows.service(acme, domain="ended.example", product_name="Linux VPS", status="Terminated")
    page = search(query)
    assert len(found(page)["acts"]) == 1
    assert "acts" not in found(search("reboot ended"))
    assert "tiny-observatory.net" in page.one(".hit").text
    assert page.all("[data-question]") == []


def test_it_offers_no_bare_command_to_who_may_only_view(visit, people, search, one_of_each, acme, alma):
    ServiceCommand.objects.create(name="reboot", words="Reboot")
    viewer = people.member("Viewer")
    Grant.objects.create(user=viewer, account=acme, level="view", given_by=alma)
    assert "acts" not in found(search("reboot", visit(viewer)))


@pytest.mark.parametrize(
    ("language", "query"), [("de", "bezahlen 0347"), ("tr", "Öde 0347"), ("de", "pay 0347")]
)
def test_it_understands_paying_in_the_language_of_the_person(search, one_of_each, alma, language, query):
    User.objects.filter(pk=alma.pk).update(language=language)
    Invoice.objects.update(status="Unpaid")

    assert search(query).one(".hit")["href"] == f"/invoices/{Invoice.objects.get().pk}/pay/"


def test_it_asks_at_once_about_the_one_service_that_is_named_whole(visit, alma, one_of_each, rows, acme):
    command = ServiceCommand.objects.create(name="reboot", words="Yeniden başlat")
    browser, service = visit(alma), Service.objects.get()

    def questions(query):
        page = browser.htmx(f"/search/?q={quote(query)}", target="search-results")
        return [one["hx-get"] for one in page.all("[data-question]")]

    asked = [f"/services/{service.pk}/run/{command.pk}/"]
    assert questions("yeniden baslat tiny-observatory.net") == asked
    assert questions("yeniden başlat tiny") == []
    assert questions("yeniden tiny-observatory.net") == []
    rows.service(acme, remote_id=911, domain="tiny-observatory.net", product_name="Linux VPS")
    assert questions("yeniden baslat tiny-observatory.net") == []


@pytest.mark.parametrize("query", ["order linux", "linux buy", "LINUX VPS order"])
def test_it_leads_from_a_product_to_its_order(search, one_of_each, query):
    product = Product.objects.create(remote_id=7, name="Linux VPS")
    Product.objects.create(remote_id=8, name="Linux addon", kind=Product.Kind.ADDON)

    assert search(query).one(".hit")["href"] == f"/orders/new/service/?usual={product.pk}"
    assert "acts" not in found(search("linux"))
    assert "acts" not in found(search("order"))


def test_it_offers_no_act_to_who_may_only_view(visit, people, search, one_of_each, acme, alma):
    ServiceCommand.objects.create(name="reboot", words="Reboot")
    vera = people.member("Vera")
    Grant.objects.create(user=vera, account=acme, level="view", given_by=alma)

    assert {*found(search("reboot tiny", visit(vera)))} == {"contacts"}
    assert {*found(search("pay 0347", visit(vera)))} == {"contacts"}
    Product.objects.create(remote_id=7, name="Linux VPS")
    assert {*found(search("order linux", visit(vera)))} == {"contacts"}
    assert list(found(search("tiny", visit(vera)))) == ["services"]
    assert search("domain expires", visit(vera)).one(".hit")["href"] == "/emails/?q=%23816"


def test_it_shows_account_status_and_amount_and_the_line_that_was_found(search, one_of_each):
    hit = search("istanbul").one(".hit")

    assert hit.text == "INV-0347 Renewal of İSTANBUL-straße.example 1234.50 Acme Bäckerei Unpaid €36.30"


def test_it_shows_the_line_that_holds_all_words(search, rows, acme):
    rows.invoice(acme, number="A-1", lines="\n".join(f"Item {n}: Mail 3.00" for n in range(30)))

    assert "Item 29: Mail" in search("item 29").one(".hit").text


def test_it_shows_the_newest_of_many_first(search, rows, acme):
    for month in (3, 1, 12, 7, 9, 2, 11, 4, 5):
        day = f"2025-{month:02}-01"
        rows.invoice(acme, number=f"M-{month}", lines="VPS - shop.example 9.00", date=day)
        rows.order(acme, number=f"shop.example-{month}", date=f"{day}T12:00:00Z")
        rows.quote(acme, subject=f"shop.example {month}", created_on=day)

    groups = found(search("shop.example"))

    assert groups["invoices"] == ["M-12", "M-11", "M-9", "M-7", "M-5", "M-4"]
    assert groups["orders"] == [f"#shop.example-{month}" for month in (12, 11, 9, 7, 5, 4)]
    assert groups["quotes"] == [f"shop.example {month}" for month in (12, 11, 9, 7, 5, 4)]


def test_it_puts_what_is_called_so_first(search, rows, acme):
    for number in range(10):
        rows.domain(acme, name=f"my-shop-{number}.example")
    rows.domain(acme, name="shop.example")
    rows.domain(acme, name="shop")

    assert found(search("shop"))["domains"][:2] == ["shop", "shop.example"]


def test_it_puts_what_is_called_so_first_among_too_many(search, rows, acme, monkeypatch):
    monkeypatch.setattr("portal.queries.search.COUNTED", 8)
    rows.invoice(acme, number="347", date="2020-01-01")
    for number in range(20):
        rows.invoice(acme, number=f"12347{number}", date="2026-01-01")

    page = search("347")

    assert found(page)["invoices"][0] == "347"
    assert len(set(found(page)["invoices"])) == 6


@pytest.mark.parametrize("looked_at", [5, 5000])
@pytest.mark.parametrize("query", ["row", "acme", "acme row", "bäckerei row 1", "elsewhere row", "row 11"])
def test_it_counts_what_the_list_with_the_same_words_shows(
    search, visit, alma, rows, acme, monkeypatch, looked_at, query
):
    monkeypatch.setattr("ultahost_api.models.search_index._LOOKED_AT", looked_at)
    elsewhere = rows.account("Elsewhere row")
    rows.key(alma, elsewhere, "Second")
    for number in range(12):
        rows.domain(acme, name=f"row-{number}.example")
        rows.domain(elsewhere, name=f"other-{number}.example")

    page = search(query)
    listed = visit(alma).get(f"/domains/?q={quote(query)}&size=100")

    shown, count = found(page).get("domains", []), len(listed.all("tbody tr"))
    more = page.all("section[aria-labelledby=found-domains] .section-head a")
    assert len(shown) == min(count, 6)
    assert [one.text for one in more] == ([f"All {count} in Domains"] if count > 6 else [])
    if more:
        assert visit(alma).get(more[0]["href"]).status == 200


@pytest.mark.parametrize("query", ["例子", "#3", "ab"])
def test_it_shows_a_row_once_that_is_called_so_and_holds_the_word(search, rows, acme, query):
    """Words of so few letters are looked up in two ways."""
    rows.domain(acme, name="例子", remote_id=3, registrar="ab")

    assert found(search(query))["domains"] == ["例子"]


@pytest.mark.parametrize("query", ["\u200b", "\u0301\u0301", "\ufe0f"])
def test_it_finds_nothing_for_what_shows_nothing(search, one_of_each, query):
    assert found(search(query)) == {}


@pytest.mark.parametrize("query", ["jane", "jane@example.com"])
def test_it_leads_to_the_contacts_of_each_account_which_are_read_live(visit, alma, rows, acme, query):
    rows.key(alma, rows.account("Harbour"), "Second")
    rows.account("Elsewhere")
    browser = visit(alma)

    page, dialog = browser.get(f"/search/?q={query}"), browser.htmx(f"/search/?q={query}", "search-results")

    names = ["Search the contacts of Acme Bäckerei", "Search the contacts of Harbour"]
    assert found(page) == {"contacts": names}
    assert f"Nothing matches “{query}”" in page.one("main").text
    assert dialog.texts("[role=option] .title") == names
    assert dialog.one("[role=listbox]")["data-told"] == "No results"
    (link, _second) = page.all(".hits a")
    assert link["href"] == f"/contacts/?account={acme.pk}&q={quote(query, safe='')}"
    assert browser.get(link["href"]).status == 200


def test_it_leads_to_no_contacts_where_something_is_found_or_none_may_be_seen(
    search, visit, people, one_of_each
):
    assert "contacts" not in found(search("observ"))
    assert "contacts" not in found(search("99999"))
    assert "contacts" not in found(visit(people.billing("Emil")).get("/search/?q=jane"))


def test_it_does_not_count_beyond_a_hundred(search, rows, acme):
    Domain.objects.bulk_create(
        Domain(account=acme, remote_id=n, name=f"row-{n}", folded=f"row-{n}") for n in range(150)
    )
    assert search("row").one(".section-head a").text == "All 100+ in Domains"


def test_it_finds_no_row_that_is_gone(search, rows, acme):
    from django.utils import timezone

    rows.service(acme, domain="gone.example", gone_at=timezone.now())
    assert {*found(search("gone.example"))} == {"contacts"}


def fill(account, number):
    """So many rows of each noun that all have the word."""
    for model, title in [
        (Service, "domain"), (Domain, "name"), (Invoice, "number"), (Order, "number"), (Quote, "subject"),
        (Email, "subject"),
    ]:  # fmt: skip
        start = model.objects.count()
        fields = {"currency": "EUR"} if model is Invoice else {}
        rows = [
            model(account=account, remote_id=n, **fields, **{title: f"row-{n:04}"})
            for n in range(start, number)
        ]
        for row in rows:
            row.folded = row.fold({})
        model.objects.bulk_create(rows)


@pytest.mark.parametrize("query", ["row", "acme", "acme row", "row-0007", "nothing-of-that"])
@pytest.mark.parametrize("target", ["", "search-results"])
def test_it_needs_as_many_statements_for_many_rows_as_for_few(visit, alma, acme, query, target):
    counts = []
    browser = visit(alma)
    for number in (10, 1000):
        fill(acme, number)
        browser.get("/search/?q=warm")
        with all_statements() as asked:
            page = (
                browser.htmx(f"/search/?q={query}", target=target)
                if target
                else browser.get(f"/search/?q={query}")
            )
        assert page.status == 200
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 20


def test_it_gives_the_dialog_a_list_of_options(visit, alma, one_of_each):
    page = visit(alma).htmx("/search/?q=36,30", target="search-results")

    assert page.all("main, dialog") == []
    assert page.one("#search-results")["data-query"] == "36,30"
    assert [one["aria-labelledby"] for one in page.all("[role=listbox] > [role=group]")] == [
        "search-domains", "search-invoices",
    ]  # fmt: skip
    assert len({one["id"] for one in page.all("[role=option]")}) == 2
    assert page.one("[role=listbox]")["data-told"] == "2 results"


def test_it_has_a_form_on_every_page_without_a_script(visit, alma):
    for path in ("/", "/invoices/", "/profile/"):
        form = visit(alma).get(path).one("form[action=/search/].scriptless")
        assert form.attributes.get("method") == "get"


def test_it_looks_among_the_rows_that_the_person_may_see_now(search, rows, people, alma):
    """How these are found is kept from search to search."""
    beta, dana = rows.account("Beta"), people.admin("Dana")
    AccountPolicy.objects.create(account=beta, private=True)
    rows.service(beta, domain="harbour.example")
    rows.invoice(beta, number="harbour")
    for _ in range(2):
        assert {*found(search("harbour"))} == {"contacts"}
        grant = Grant.objects.create(user=alma, account=beta, level="view", given_by=dana)
        assert {*found(search("harbour"))} == {"services", "invoices"}
        grant.delete()


CANARY = "canary-9137"


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        ("owner", {"services", "domains", "invoices", "orders", "quotes", "emails", "accounts", "keys"}),
        ("viewer", {"services", "domains", "invoices", "orders", "quotes", "emails", "accounts"}),
        ("admin", {
            "services", "domains", "invoices", "orders", "quotes", "emails", "accounts", "keys", "people",
        }),
        ("billing", {"invoices", "accounts"}),
        ("other", set()),
    ],
)  # fmt: skip
@pytest.mark.parametrize("looked_at", [1, 5000])
def test_it_holds_each_noun_to_its_own_rule(visit, people, rows, monkeypatch, who, sees, looked_at):
    """The account is private. Who may not see a row finds it in no result, count or suggestion."""
    monkeypatch.setattr("ultahost_api.models.search_index._LOOKED_AT", looked_at)
    account = rows.account(f"Company {CANARY}")
    AccountPolicy.objects.create(account=account, private=True)
    team = {
        "owner": people.member(f"Owner {CANARY}"), "viewer": people.member("Viewer"),
        "other": people.member("Other"), "billing": people.billing("Billing"), "admin": people.admin("Admin"),
    }  # fmt: skip
    rows.key(team["owner"], account, f"Key {CANARY}")
    rows.key(team["other"], rows.account("Elsewhere"))
    Grant.objects.create(user=team["viewer"], account=account, level="view", given_by=team["owner"])
    ServiceCommand.objects.create(name="reboot", words="Reboot")
    for number in range(9):
        rows.service(account, domain=f"{CANARY}-{number}.net")
        rows.domain(account, name=f"{CANARY}-{number}.net")
        rows.invoice(account, number=f"N{number}", lines=f"Hosting {CANARY}", status="Unpaid", total="5")
        rows.order(account, number=f"{CANARY}-{number}")
        rows.quote(account, subject=f"Offer {CANARY}")
        rows.email(account, subject=f"Mail {CANARY}")

    for target in ("", "search-results"):
        browser = visit(team[who])
        told = set()
        for query in (CANARY, CANARY[2:-1], "Company", f"reboot {CANARY}", f"pay {CANARY}"):
            path = f"/search/?q={query}"
            page = browser.htmx(path, target=target) if target else browser.get(path)
            heads = page.all("[role=group]" if target else "main section")
            told |= {one["aria-labelledby"].partition("-")[2] for one in heads}
            if who == "other":
                assert page.texts(".hit .title") == ["Search the contacts of Elsewhere"]
                assert page.all(".section-head a, .more") == []
        assert told - {"acts", "contacts"} == sees
        assert ("acts" in told) == (who in {"owner", "admin"})


def test_it_draws_a_row_of_every_list_and_names_its_group():
    assert {noun.value for noun in LISTS} <= {*hits._DRAW} & {*hits.LABELS}


@pytest.mark.parametrize("path", ["/", "/services/", "/invoices/", "/search/"])
def test_a_search_box_takes_no_more_than_an_address_may_have(browser, path):
    """Each letter of some scripts is nine in an address, of which the web server takes 8,190."""
    boxes = browser.get(path).all("input[type=search]")

    assert boxes
    assert {box["maxlength"] for box in boxes} == {"200"}
