"""The page Spend: what its numbers are, what they lead to, and who sees which."""

from datetime import date, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.utils import timezone

from portal.models import AccountPolicy, Act, AuditEntry, Label, Remark
from tests.portal.statements import all_statements
from tests.portal.test_spend_sums import bill, word_lines
from ultahost_api.models import Account, ApiKey, RateWindow

TODAY = timezone.localdate()
MONTH = TODAY.replace(day=1)


def table(page, name):
    """The rows of a table, the words of their cells in order."""
    rows = page.all(f"table[data-sheet={name}] tbody tr")
    return [
        " ".join(" ".join(cell.text(separator=" ").split()) for cell in row.node.css("th, td"))
        for row in rows
    ]


def figures(page):
    return page.texts(".figures dd")


def long_ago(account):
    Account.objects.filter(pk=account.pk).update(created_at=timezone.now() - timedelta(days=400))


def test_it_says_what_was_invoiced_and_on_what(browser, rows, acme):
    basic = rows.service(acme, product_name="VPS Basic")
    bill(rows, acme, (basic, "20"), (None, "5"), tax="5", credit="10", total="20", date=MONTH)
    bill(rows, acme, (rows.domain(acme), "8"), total="8", date=MONTH, status="Unpaid")

    page = browser.get("/spend/")

    assert table(page, "products") == [
        "VPS Basic 1 line €20.00", "Domains 1 line €8.00", "Not assigned €5.00",
        "Tax €5.00", "Credit -€10.00", "Total after credit €28.00",
    ]  # fmt: skip
    assert table(page, "accounts") == [
        "Acme 2 invoices €33.00", "Tax €5.00", "Credit -€10.00", "Total after credit €28.00",
    ]  # fmt: skip
    months = table(page, "months")
    assert len(months) == 24
    assert months[0].endswith("€38.00 €20.00 €8.00")
    assert set(figures(page)) >= {"€38.00", "€8.00 still open"}


def test_it_says_what_each_label_costs(browser, rows, acme):
    basic = rows.service(acme, product_name="VPS Basic")
    bill(rows, acme, (basic, "20"), (None, "5"), number="shop", tax="5", total="30", date=MONTH)
    bill(rows, acme, (rows.domain(acme), "8"), number="other", total="8", date=MONTH)
    assert browser.get("/spend/").all("table[data-sheet=labels]") == []
    Remark.objects.create(service=basic, label=Label.objects.create(name="Shop"))

    page = browser.get("/spend/")

    assert table(page, "labels") == [
        "Shop 1 line €20.00", "Not assigned €13.00", "Tax €5.00", "Credit €0.00", "Total after credit €38.00",
    ]  # fmt: skip
    shop, rest, *_ = page.all("table[data-sheet=labels] tbody a")
    assert browser.get(shop["href"]).texts("tbody .name") == ["shop"]
    assert sorted(browser.get(rest["href"]).texts("tbody .name")) == ["other", "shop"]
    assert browser.get("/spend.csv?table=labels").csv()[0] == ["Shop", "20.00", "EUR", "1 line"]


@pytest.mark.parametrize("name", ["months", "products", "accounts"])
def test_it_leads_from_a_number_to_exactly_the_invoices_behind_it(browser, rows, acme, name):
    basic, other = rows.service(acme, product_name="VPS Basic"), rows.account("Harbour")
    bill(rows, acme, (basic, "20"), number="in", total="20", date=MONTH)
    bill(rows, acme, (basic, "20"), number="cancelled", status="Cancelled", date=MONTH)
    bill(rows, acme, (None, "20"), number="wrapper", only_moves_money=True, date=MONTH)
    bill(rows, acme, (basic, "20"), number="old", date=MONTH - timedelta(days=900))
    if name != "months":
        bill(rows, other, (None, "7"), number="out", date=MONTH)

    page = browser.get("/spend/")
    (link,) = page.all(f"table[data-sheet={name}] tbody tr:first-child a")

    assert browser.get(link["href"]).texts("tbody .name") == ["in"]


def test_it_leads_from_what_is_not_assigned_to_its_invoices(browser, rows, acme):
    bill(rows, acme, (rows.service(acme, product_name="VPS Basic"), "20"), number="basic", date=MONTH)
    bill(rows, acme, (None, "7"), number="odd", date=MONTH)

    (link,) = browser.get("/spend/").all("table[data-sheet=products] .rest a[href*=product]")

    assert browser.get(link["href"]).texts("tbody .name") == ["odd"]


def test_it_shows_one_currency_at_a_time(browser, rows, acme, alma):
    tokyo = rows.account("Tokyo", "JPY")
    rows.key(alma, tokyo, "Tokyo")
    bill(rows, acme, (None, "20"), total="20", date=MONTH)
    bill(rows, tokyo, (None, "1980"), total="1980", date=MONTH)

    page = browser.get("/spend/?currency=JPY")

    assert table(page, "accounts")[0] == "Tokyo 1 invoice ¥1,980"
    assert "€" not in page.one("main").text
    assert page.texts("nav[aria-label=Currency] [aria-current]") == ["JPY"]


def test_it_narrows_to_an_account_and_a_period(browser, rows, acme):
    bill(rows, acme, (None, "20"), date=MONTH)
    bill(rows, acme, (None, "3"), date=MONTH - timedelta(days=1))
    bill(rows, rows.account("Harbour"), (None, "7"), date=MONTH)

    assert "€27.00" in figures(browser.get("/spend/?period=this-month"))
    assert "€3.00" in figures(browser.get("/spend/?period=last-month"))
    assert "€23.00" in figures(browser.get(f"/spend/?account={acme.pk}"))


@pytest.mark.parametrize(
    ("period", "label", "total"),
    [
        ("this-quarter", "This quarter", "€8.00"),
        ("last-quarter", "Last quarter", "€7.00"),
        ("2026-q3", "Q3 2026", "€7.00"),
        ("2026-q2", "Q2 2026", "€8.00"),
        ("2024-q4", "Q4 2024", "€32.00"),
        ("2024-q3", "Last 12 months", "€31.00"),  # not offered any more
    ],
)
@time_machine.travel("2026-11-30 12:00", tick=False)
def test_it_tells_a_quarter_by_its_name(visit, alma, rows, acme, period, label, total):
    days = {"2024-12-31": "32", "2026-06-30": "8", "2026-07-01": "1", "2026-09-30": "6", "2026-10-01": "8"}
    days |= {"2025-12-01": "8"}
    for day, amount in days.items():
        bill(rows, acme, (None, amount), total=amount, date=date.fromisoformat(day))

    browser = visit(alma)
    page = browser.get(f"/spend/?period={period}")

    assert page.one("[name=period] option[selected]").text == label
    assert table(page, "products")[-1] == f"Total after credit {total}"
    assert browser.get(f"/spend.csv?table=products&period={period}").csv()[-1][1] == total[1:]


def test_it_exports_every_line_with_its_product_and_label(browser, rows, acme):
    basic, private = rows.service(acme, product_name="VPS Basic"), rows.account("Secret")
    AccountPolicy.objects.create(account=private, private=True)
    Remark.objects.create(service=basic, label=Label.objects.create(name="Shop"))
    bill(rows, acme, (basic, "20"), (None, "-5"), number="in", tax="5", total="20", date=MONTH)
    bill(rows, acme, (rows.domain(acme), "8"), number="old", total="8", date=MONTH - timedelta(days=40))
    bill(rows, acme, (None, "9"), number="draft", status="Draft", total="9", date=MONTH)
    bill(rows, private, (None, "7"), number="canary", total="7", date=MONTH)

    page = browser.get("/spend/?period=this-month")
    told = browser.get(page.one("a[href*='table=lines']")["href"]).csv()

    assert [[line[n] for n in (0, 1, 3, 5, 6, 7, 8)] for line in told] == [
        ["Acme", "in", "Paid", "20.00", "EUR", "VPS Basic", "Shop"],
        ["Acme", "in", "Paid", "-5.00", "EUR", "", ""],
    ]
    assert {line[2] for line in told} == {str(MONTH)}
    assert AuditEntry.objects.filter(act=Act.EXPORTED).latest("seq").details["rows"] == 2


def test_it_names_the_product_of_lines_that_may_be_of_several_services(browser, rows, acme):
    """On the page, in what its number leads to, and in the file of lines."""
    for _ in range(3):
        rows.service(acme, product_name="VPS Basic", domain="")
    bill(rows, acme, (None, "20"), number="several", date=MONTH)
    word_lines(acme, "VPS Basic (01/11/2026 - 30/11/2026)")
    bill(rows, acme, (None, "5"), number="none", date=MONTH)

    page = browser.get("/spend/?period=this-month")

    assert table(page, "products")[:2] == ["VPS Basic 1 line €20.00", "Not assigned €5.00"]
    basic, rest, *_ = page.all("table[data-sheet=products] tbody a")
    assert browser.get(basic["href"]).texts("tbody .name") == ["several"]
    assert browser.get(rest["href"]).texts("tbody .name") == ["none"]
    lines = browser.get(page.one("a[href*='table=lines']")["href"]).csv()
    assert {line[1]: line[7] for line in lines} == {"several": "VPS Basic", "none": ""}


def test_it_shows_an_account_in_its_own_currency(browser, rows, acme, alma):
    tokyo, harbour = rows.account("Tokyo", "JPY"), rows.account("Harbour")
    for account in (tokyo, harbour):
        rows.key(alma, account, str(account))
    bill(rows, tokyo, (None, "1980"), total="1980", date=MONTH)

    for query in (f"account={tokyo.pk}", f"account={tokyo.pk}&currency=XXX"):
        page = browser.get(f"/spend/?{query}")
        assert page.texts("nav[aria-label=Currency] [aria-current]") == ["JPY"]
        assert page.one("#id_account option[selected]").text == "Tokyo"
        assert "¥1,980" in figures(page)


def test_it_shows_all_where_an_account_has_not_the_chosen_currency(browser, rows, acme, alma):
    tokyo = rows.account("Tokyo", "JPY")
    rows.key(alma, tokyo, "Second")
    bill(rows, acme, (None, "20"), total="20", date=MONTH)

    page = browser.get(f"/spend/?account={tokyo.pk}&currency=EUR")

    assert "€20.00" in figures(page)
    assert str(tokyo.pk) not in page.html
    assert page.texts(".printed")[0].startswith("EUR · All accounts")


def test_it_shows_an_account_in_the_currency_that_it_had(browser, rows, acme, alma):
    bill(rows, acme, (None, "20"), total="20", date=MONTH)
    bill(rows, rows.account("Harbour"), (None, "7"), total="7", date=MONTH)
    acme.currency, acme.former_currency = "USD", "EUR"
    acme.save()

    assert "€20.00" in figures(browser.get(f"/spend/?account={acme.pk}&currency=EUR"))
    assert "$0.00" in figures(browser.get(f"/spend/?account={acme.pk}"))


@pytest.mark.parametrize("query", ["currency=XXX", "account=nonsense", "period=forever"])
def test_it_shows_the_usual_for_what_it_does_not_offer(browser, rows, acme, query):
    bill(rows, acme, (None, "20"), date=MONTH)

    assert "€20.00" in figures(browser.get(f"/spend/?{query}"))


def test_it_says_how_many_details_are_not_read_and_names_them(browser, rows, acme):
    rows.invoice(acme, number="new", date=TODAY, total="9")

    page = browser.get("/spend/")

    (note,) = page.texts(".notes li")
    assert note.startswith("Details of 1 invoice are not read yet")
    assert note.endswith("Reading them takes less than a minute, if Ultahost answers as before.")
    assert browser.get(page.one(".notes a")["href"]).texts("tbody .name") == ["new"]


@pytest.mark.parametrize(
    "fields",
    [{"detailed_at": None}, {"total": None, "unreadable": {"total": "lots"}}, {"status": "Refunded"}],
)
def test_it_leads_to_all_that_it_counts_also_what_is_dated_ahead(
    visit, rows, alma, acme, time_machine, fields
):
    time_machine.move_to("2026-11-20T12:00:00Z", tick=False)
    for day in (1, 30):
        bill(rows, acme, (None, "9"), **{"number": day, "date": date(2026, 11, day), "total": "9"} | fields)
    browser = visit(alma)

    (link,) = browser.get("/spend/").all(".notes a")

    assert sorted(browser.get(link["href"]).texts("tbody .name a")) == ["1", "30"]


def test_its_tables_tell_no_amount_while_no_details_are_read(browser, rows, acme):
    rows.invoice(acme, number="new", date=MONTH, total="9")

    page = browser.get("/spend/")

    assert table(page, "accounts")[0] == "Acme 1 invoice –"
    for name in ("accounts", "products"):
        assert table(page, name)[-1] == "Total after credit 1 not read yet –"
        assert browser.get(f"/spend.csv?table={name}").csv()[-1][1:] == ["", "EUR", "1 not read yet"]


def test_it_says_how_long_the_details_will_take_by_the_limit_of_the_key(browser, rows, acme, people):
    """Of 200 calls an hour a tenth is for people: 180 now, 180 in an hour, and 140 in two."""
    key = ApiKey.objects.get()
    RateWindow.objects.create(key=key, limit=200, length=3600, reserve=20, took=0.3)
    for _n in range(500):
        rows.invoice(acme, date=TODAY, total="10")
    rows.invoice(acme, date=TODAY - timedelta(days=1500), total="10")  # older than what is shown
    rows.invoice(rows.account("Without a key"), date=TODAY, total="10")

    (note,) = browser.get("/spend/").texts(".notes li")

    assert note.startswith("Details of 501 invoices are not read yet")
    assert "Reading them takes about 2 hours" in note


def test_it_says_no_time_where_no_key_can_read_them(visit, people, rows):
    rows.invoice(rows.account("Keyless"), date=TODAY, total="10")

    (note,) = visit(people.admin("Dana")).get("/spend/").texts(".notes li")

    assert "Reading them" not in note


def test_it_works_out_the_run_rate_and_the_year_ahead(browser, rows, acme):
    due = {"next_due_date": TODAY + timedelta(days=5)}
    rows.service(acme, amount="10", billing_cycle="Monthly", **due)
    rows.service(acme, amount="10", billing_cycle="Quarterly", **due)
    rows.service(acme, amount="99", billing_cycle="One Time", **due)
    rows.service(acme, amount="0", billing_cycle="Free Account", **due)
    rows.service(acme, amount="99", billing_cycle="Monthly", status="Cancelled", **due)
    rows.service(acme, amount="99", billing_cycle="Fortnightly", **due)
    rows.domain(acme, recurring_amount="36", registration_period=3, **due)

    page = browser.get("/spend/")

    told = figures(page)
    assert told[0] == "€14.33"  # 10 + 3.33… + 1
    assert told[2] == "The cycle or amount of 1 is not known, not included"
    assert "€295.00" in told  # 12 × 10 + 4 × 10 + 36, and once what has a cycle that is not known
    assert table(page, "forecast")[-1] == "12 months from today €295.00"


def test_it_says_what_a_month_of_the_year_ahead_leaves_out(browser, rows, acme):
    due = {"billing_cycle": "Annually", "next_due_date": MONTH + timedelta(days=100)}
    rows.service(acme, amount="-2.50", **due)
    rows.service(acme, amount=None, **due)
    page = browser.get(f"/spend/?account={acme.pk}")

    [told] = [row for row in table(page, "forecast") if "1 renewal" in row]
    link = page.all("table[data-sheet=forecast] tbody a")[table(page, "forecast").index(told)]["href"]

    assert told.endswith("1 renewal, 1 amount unreadable -€2.50")
    assert figures(browser.get(link))[0] == "-€2.50"


def test_each_month_of_the_year_ahead_leads_to_what_is_expected_in_it(browser, rows, acme):
    due = {"next_due_date": TODAY + timedelta(days=5)}
    rows.service(acme, amount="10", billing_cycle="Monthly", **due)
    rows.domain(acme, recurring_amount="36", registration_period=1, **due)
    page = browser.get(f"/spend/?account={acme.pk}")

    links = [link["href"] for link in page.all("table[data-sheet=forecast] tbody a")]

    assert len(links) == 13  # parts of the first and the last month
    assert links == [bar["href"] for bar in page.all("section[aria-labelledby=spend-forecast] svg a")]
    expected = [row.split(" ")[-1] for row in table(page, "forecast")[:-1]]
    shown = [[*figures(browser.get(link)), "€0.00"][0] for link in links]
    assert shown == expected


def test_it_says_what_changed_the_run_rate_since_last_month(browser, rows, acme):
    long_ago(acme)
    monthly = {"billing_cycle": "Monthly"}
    dearer = rows.service(acme, domain="dearer.com", amount="12", **monthly)
    rows.event(dearer, changes={"amount": ["10.00", "12.00"]})
    new = rows.service(acme, domain="new.com", amount="5", **monthly)
    rows.event(new, kind="appeared")
    ended = rows.service(acme, domain="ended.com", amount="3", status="Cancelled", **monthly)
    rows.event(ended, changes={"status": ["Active", "Cancelled"]})
    cheaper = rows.domain(acme, name="cheaper.com", recurring_amount="12", registration_period=1)
    rows.event(cheaper, changes={"recurring_amount": ["24.00", "12.00"]})
    rows.event(rows.service(acme, amount="7", **monthly), changes={"next_due_date": ["a", "b"]})
    before = rows.service(acme, amount="9", **monthly)
    at = datetime.combine(MONTH, datetime.min.time(), timezone.get_current_timezone())
    rows.event(before, changes={"amount": ["1.00", "9.00"]}, at=at - timedelta(seconds=1))

    page = browser.get("/spend/")

    month = (MONTH - timedelta(days=1)).strftime("%B")
    assert figures(page)[1] == f"+€3.00 since {month}: 1 new, 1 ended, 1 dearer, 1 cheaper"
    assert table(page, "changes") == [
        "new.com New €0.00 €5.00 €5.00",
        "ended.com Ended €3.00 €0.00 -€3.00",
        "dearer.com Dearer €10.00 €12.00 €2.00",
        "cheaper.com Cheaper €2.00 €1.00 -€1.00",
    ]


def test_it_knows_of_no_change_in_the_first_month(browser, rows, acme):
    rows.event(rows.service(acme, amount="5", billing_cycle="Monthly"), kind="appeared")

    assert figures(browser.get("/spend/"))[1].endswith("not known")


def test_what_a_new_account_brought_is_no_change_of_the_run_rate(browser, rows, acme, alma):
    """Its rows appeared when the portal first read them, and may be years old."""
    long_ago(acme)
    harbour = rows.account("Harbour")
    rows.key(alma, harbour, "Second")
    for account in (acme, harbour):
        service = rows.service(account, domain=f"{account}.com", amount="5", billing_cycle="Monthly")
        rows.event(service, kind="appeared")

    assert table(browser.get("/spend/"), "changes") == ["Acme.com New €0.00 €5.00 €5.00"]


WHOLE = "VPS - a.com (01/10/2026 - 31/10/2026)"


@pytest.mark.parametrize(
    ("last", "next", "told"),
    [
        ("9.80", "11.80", "+20 %"),
        ("10.00", "11.00", None),
        ("10.00", "11.01", "+10 %"),
        ("8", "9", "+13 %"),
        ("12", "10", None),
    ],
)
def test_it_marks_a_renewal_that_costs_over_a_tenth_more(browser, rows, acme, last, next, told):
    due = {"next_due_date": TODAY + timedelta(days=9)}
    service = rows.service(acme, domain="a.com", amount=next, billing_cycle="Monthly", **due)
    for amount, day in ((last, TODAY - timedelta(days=20)), ("1.00", TODAY - timedelta(days=50))):
        bill(rows, acme, (service, amount), date=day).items.update(description=WHOLE)

    found = table(browser.get("/spend/"), "dearer")

    assert [told in row.replace("\xa0", " ") for row in found] == ([True] if told else [])


def test_it_compares_a_renewal_with_renewals_alone(browser, rows, acme):
    due = {"next_due_date": TODAY + timedelta(days=9)}
    service = rows.service(acme, domain="a.com", amount="10", billing_cycle="Annually", **due)
    bill(rows, acme, (service, "2")).items.update(description=f"{WHOLE} (Prorata)")
    changed = rows.service(acme, domain="b.com", amount="100", billing_cycle="Annually", **due)
    bill(rows, acme, (changed, "10")).items.update(description=WHOLE)
    rows.event(changed, changes={"billing_cycle": ["Monthly", "Annually"]})
    domain = rows.domain(acme, recurring_amount="15", **due)
    bill(rows, acme, (domain, "1"))  # its registration
    renewed = rows.domain(acme, name="renewed.com", recurring_amount="15", **due)
    bill(rows, acme, (renewed, "12")).items.update(is_renewal=True)

    (row,) = table(browser.get("/spend/"), "dearer")

    assert row.startswith("renewed.com")


@pytest.mark.parametrize(
    ("changed", "billed", "is_dearer"), [(90, 20, True), (20, 90, False), (20, 20, False), (20, None, False)]
)
def test_it_compares_renewals_since_the_cycle_changed(browser, rows, acme, changed, billed, is_dearer):
    """Before, the price was that of another time. On the day itself it may be."""
    due = {"next_due_date": TODAY + timedelta(days=9)}
    service = rows.service(acme, domain="a.com", amount="120", billing_cycle="Annually", **due)
    domain = rows.domain(acme, name="b.com", recurring_amount="120", registration_period=1, **due)
    day = TODAY - timedelta(days=billed) if billed else None
    year = "VPS - a.com (01/11/2025 - 31/10/2026)"
    bill(rows, acme, (service, "80"), date=day).items.update(description=year)
    bill(rows, acme, (domain, "80"), date=day).items.update(is_renewal=True)
    at = timezone.now() - timedelta(days=changed)
    rows.event(service, changes={"billing_cycle": ["Monthly", "Annually"]}, at=at)
    rows.event(domain, changes={"registration_period": [2, 1]}, at=at)

    found = table(browser.get("/spend/"), "dearer")

    assert [row[:5] for row in found] == (["a.com", "b.com"] if is_dearer else [])


def test_it_shows_billing_no_services(visit, people, rows, acme):
    service = rows.service(acme, domain="secret.com", amount="10", billing_cycle="Monthly")
    bill(rows, acme, (service, "20"), date=MONTH)
    long_ago(acme)
    rows.event(service, changes={"amount": ["5.00", "10.00"]})

    page = visit(people.billing("Bea")).get("/spend/")

    assert "Run rate" not in page.html
    assert "secret.com" not in page.html
    assert table(page, "accounts")[0] == "Acme 1 invoice €20.00"


def test_it_shows_nothing_of_a_private_account(browser, rows, acme):
    hidden = rows.account("Hidden")
    AccountPolicy.objects.create(account=hidden, private=True)
    bill(rows, hidden, (rows.service(hidden, product_name="Canary", amount="7"), "77"), date=MONTH)
    bill(rows, acme, (None, "20"), date=MONTH)

    for query in ("", f"?account={hidden.pk}", "?period=24-months"):
        html = browser.get(f"/spend/{query}").html
        told = [one for one in ("Canary", "Hidden", "€77", "€97") if one in html]
        assert told == []
    for name in ("months", "accounts", "products", "labels", "forecast", "changes", "dearer"):
        assert "Canary" not in browser.get(f"/spend.csv?table={name}").html


def test_it_exports_each_table(browser, rows, acme):
    basic = rows.service(acme, product_name="VPS Basic")
    bill(rows, acme, (basic, "20.005"), tax="4", total="24.005", date=MONTH)

    page = browser.get("/spend/")
    (link,) = page.all("section[aria-labelledby=spend-products] a[aria-label^=CSV]")

    assert browser.get(link["href"]).csv() == [
        ["VPS Basic", "20.005", "EUR", "1 line"],
        ["Tax", "4.00", "EUR", ""],
        ["Credit", "0.00", "EUR", ""],
        ["Total after credit", "24.005", "EUR", ""],
    ]
    assert AuditEntry.objects.latest("seq").act == Act.EXPORTED
    assert browser.get("/spend.csv?table=nothing").status == 404


def test_it_needs_no_style_and_no_script_for_its_charts(browser, rows, acme):
    bill(rows, acme, (None, "20"), total="20", date=MONTH)

    page = browser.get("/spend/")

    svg = page.all("svg.bars")[0]
    assert "aria-hidden" in svg.attributes
    assert page.all("main [style], main style, main script, svg script") == []
    assert all(link["tabindex"] == "-1" for link in page.all("svg.bars a"))
    rects = page.all("svg.bars rect.paid")
    assert len(rects) == 1
    assert parse_qs(urlsplit(rects[0].parent["href"]).query)["since"] == [str(MONTH)]


def test_a_chart_leaves_room_for_long_amounts(browser, rows, acme):
    bill(rows, acme, (None, "37042370"), total="37042370", date=MONTH)

    svg = browser.get("/spend/")

    scale, value = svg.all("svg.bars .scale")[-1], svg.all("svg.bars .value")[0]
    assert float(scale["x"]) >= 9 * len(scale.text)
    assert float(value["x"]) + 9 * len(value.text) / 2 <= 720


def test_it_says_what_to_do_without_a_key(visit, people):
    assert "Add a key" in visit(people.member("Mia")).get("/spend/").one("main").text


def test_it_asks_for_the_same_number_of_statements_whatever_there_is(browser, rows, acme, alma):
    def asked():
        browser.get("/spend/")
        with all_statements() as queries:
            browser.get("/spend/")
        return len(queries)

    long_ago(acme)
    for n in range(2):
        fill(rows, acme, n)
    few = asked()
    for n in range(2, 12):
        account = rows.account(f"Company {n}")
        long_ago(account)
        rows.key(alma, account, f"Key {n}")
        for _ in range(3):
            fill(rows, account, n)

    assert asked() == few
    assert few <= 19


def fill(rows, account, n):
    due = {"next_due_date": TODAY + timedelta(days=9)}
    service = rows.service(account, product_name=f"VPS {n}", amount="12", billing_cycle="Monthly", **due)
    rows.event(service, changes={"amount": ["10.00", "12.00"]})
    domain = rows.domain(account, recurring_amount="15", registration_period=1, **due)
    rows.event(domain, changes={"recurring_amount": ["10.00", "15.00"]})
    bill(rows, account, (service, "10"), date=TODAY).items.update(description=WHOLE)


# Names like our own keys


@pytest.mark.parametrize("name", ["domains", "other", "not assigned", "=VPS"])
def test_it_keeps_a_product_apart_from_our_own_rows(browser, rows, acme, name):
    mine = rows.service(acme, product_name=name)
    bill(rows, acme, (mine, "20"), number="mine", date=MONTH)
    unnamed = rows.service(acme, product_name="")
    bill(rows, acme, (rows.domain(acme), "8"), (unnamed, "4"), (None, "2"), number="others", date=MONTH)

    page = browser.get("/spend/")

    assert table(page, "products")[:4] == [
        f"{name} 1 line €20.00", "Domains 1 line €8.00", "Other services 1 line €4.00", "Not assigned €2.00",
    ]  # fmt: skip
    links = page.all("table[data-sheet=products] tbody a[href*=product]")
    found = [browser.get(link["href"]) for link in links]
    assert [one.texts("tbody .name") for one in found] == [["mine"], ["others"], ["others"], ["others"]]


@pytest.mark.parametrize("name", ["not assigned", "none", "00000000-0000-0000-0000-000000000000"])
def test_it_keeps_a_label_apart_from_our_own_row(browser, rows, acme, name):
    mine = rows.service(acme, product_name="VPS")
    bill(rows, acme, (mine, "20"), number="mine", date=MONTH)
    bill(rows, acme, (None, "2"), number="others", date=MONTH)
    label = Label.objects.create(name=name)
    Remark.objects.create(service=mine, label=label)

    page = browser.get("/spend/")

    assert table(page, "labels")[:2] == [f"{name} 1 line €20.00", "Not assigned €2.00"]
    links = page.all("table[data-sheet=labels] tbody a[href*=of_label]")
    assert [browser.get(link["href"]).texts("tbody .name") for link in links] == [["mine"], ["others"]]
    assert f"of_label={label.pk}" in links[0]["href"]


def test_it_has_no_name_of_a_label_in_an_address(browser, rows, acme):
    basic = rows.service(acme, product_name="VPS Basic")
    bill(rows, acme, (basic, "20"), number="in", date=MONTH)
    Remark.objects.create(service=basic, label=Label.objects.create(name="Secret project"))
    page = browser.get("/spend/")
    assert not [link for link in page.all("a") if "Secret" in link["href"]]
    (link,) = page.all("table[data-sheet=labels] tbody tr:first-child a")
    assert "Secret project" in browser.get(link["href"]).one("#invoices").text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("of_label=Shop", ["in"]),
        ("of_label=not+assigned", ["out"]),
        ("product=VPS+Basic", ["in"]),
        ("product=domains", ["out"]),
        ("of_label=Nothing", []),
    ],
)
def test_it_still_knows_addresses_with_names(browser, rows, acme, query, found):
    basic = rows.service(acme, product_name="VPS Basic")
    bill(rows, acme, (basic, "20"), number="in", date=MONTH)
    bill(rows, acme, (rows.domain(acme), "8"), number="out", date=MONTH)
    Remark.objects.create(service=basic, label=Label.objects.create(name="Shop"))
    assert browser.get(f"/invoices/?{query}").texts("tbody .name") == found


def test_it_names_no_label_of_hidden_rows_by_its_id(browser, rows, acme):
    hidden = rows.account("Hidden")
    label = Label.objects.create(name="Secret project")
    Remark.objects.create(service=rows.service(hidden), label=label)
    assert "Secret" not in browser.get(f"/invoices/?of_label={label.pk}").html


def test_it_says_what_has_no_due_date_and_leads_to_it(visit, people, browser, rows, acme):
    harbour = rows.account("Harbour", "USD")
    recurs = {"billing_cycle": "Monthly", "amount": "5", "status": "Active"}
    for account in (acme, harbour):
        rows.service(account, domain=f"undated.{account}", **recurs)
        rows.domain(account, name=f"undated-{account}.com", recurring_amount="9", registration_period=1)
    rows.service(acme, domain="unread", **recurs | {"amount": None})
    for domain, other in (
        ("dated", {"next_due_date": TODAY}),
        ("once", {"billing_cycle": "One Time"}),
        ("free", {"billing_cycle": "Free Account"}),
        ("for nothing", {"amount": "0"}),
        ("ended", {"status": "Cancelled"}),
        ("gone", {"gone_at": timezone.now()}),
    ):
        rows.service(acme, domain=domain, **recurs | other)
    rows.domain(acme, name="given-up.com", recurring_amount="9", auto_renew=False)

    for page in (browser.get("/spend/"), browser.get(f"/agenda/?account={acme.pk}")):
        services, domains = page.all("main a[href*='forecast=undated']")
        assert services.text == "2 services have no due date, so nothing is expected of them."
        assert domains.text == "1 domain has no due date, so nothing is expected of it."
        assert sorted(browser.get(services["href"]).texts("tbody .name a")) == ["undated.Acme", "unread"]
        behind = browser.get(domains["href"])
        assert behind.texts("tbody .name a") == ["undated-Acme.com"]
        assert any("No due date" in pill for pill in behind.texts(".pills a"))
    every = visit(people.admin("Dana")).get("/agenda/").all("main a[href*='forecast=undated']")
    assert every[0].text.startswith("3 services")


def test_it_says_nothing_of_due_dates_if_all_have_one(browser, rows, acme):
    rows.service(acme, billing_cycle="Monthly", amount="5", status="Active", next_due_date=TODAY)

    for address in ("/spend/", "/agenda/"):
        assert not browser.get(address).all("main a[href*='forecast=undated']")


def test_the_year_of_january_stands_below_its_month_so_that_the_months_keep_their_distance(browser, acme):
    labels = browser.get("/spend/").all(".bars .label")
    months = [one for one in labels if not one.text.isdigit()]
    years = [one for one in labels if one.text.isdigit()]

    assert years
    assert max(len(one.text) for one in months) <= 4
    assert {one["y"] for one in months}.isdisjoint({one["y"] for one in years})
    assert {one["x"] for one in years} <= {one["x"] for one in months if one.text == "Jan"}
