"""Ordering like a shop: cards with the last price paid, only what a product takes, renewals as a table."""

from datetime import date
from decimal import Decimal

import pytest

from portal.models import Grant, Product
from portal.queries.seen_products import seen_products
from ultahost_api.models import Domain, Operation, Service

SHOP = "/orders/new/service/"
PRICED = {"recurring_amount": 5, "registration_period": 1, "next_due_date": date(2030, 1, 1)}


@pytest.fixture
def acme(sandbox):
    acme = sandbox.add_account("Acme", "EUR")
    acme.add_services(1, domain="host.example.com", product_name="Linux VPS")
    acme.add_domains(1, domain="old.example.com", status="Active", recurringamount="24.00", regperiod=2)
    return acme


@pytest.fixture
def alma(people, acme, hold):
    alma = people.member("Alma")
    hold(alma, acme)
    Domain.objects.update(registration_period=2, next_due_date=date(2029, 1, 1))
    return alma


@pytest.fixture
def account(alma):
    return alma.api_keys.get().account


@pytest.fixture
def vps():
    return Product.objects.create(remote_id=1, name="Linux VPS", cycles=["monthly", "annually"])


@pytest.fixture
def paid(rows):
    """A paid invoice for a service of the account, with one line."""

    def pay(account, amount, day, status="Paid", product="Linux VPS", cycle="Monthly"):
        number = 1000 + Service.objects.count()
        service = rows.service(account, product_name=product, billing_cycle=cycle, remote_id=number)
        invoice = rows.invoice(account, status=status, date=day, remote_id=number)
        invoice.items.create(position=0, description=product, amount=Decimal(amount), service=service)

    return pay


def cards(page):
    return [card.text for card in page.all(".cards a")]


def review(browser, path):
    return browser.get(f"{path}&payment_method=stripe&review=1")


def sent(sandbox):
    return next(done.parameters for done in sandbox.ledger if done.action == "create_order")


def place(browser, page, **ticks):
    return browser.post(page.one("main form")["action"], page.hidden | ticks)


def test_it_shows_a_card_for_each_product_with_the_last_price_paid(visit, alma, account, vps, paid):
    Product.objects.create(remote_id=2, name="Mail")
    paid(account, "18.00", date(2026, 1, 1))
    paid(account, "19.99", date(2026, 3, 1))
    paid(account, "99.00", date(2026, 4, 1), status="Unpaid")

    assert cards(visit(alma).get(SHOP)) == [
        "Linux VPS Monthly · Annually Last paid: €19.99 Monthly, 1 Mar 2026",
        "Mail Any billing cycle No price known yet",
        "Other product By its id at Ultahost",
    ]


def test_it_tells_no_price_of_an_account_that_the_person_may_not_view(
    visit, alma, account, vps, paid, rows, people
):
    other = rows.account("Elsewhere")
    paid(other, "7.77", date(2026, 5, 1))
    assert "7.77" not in visit(alma).get(SHOP).html

    Grant.objects.create(user=alma, account=other, level="view", given_by=people.admin("Dana"))
    assert "Last paid: €7.77" in cards(visit(alma).get(SHOP))[0]


def test_it_asks_as_many_statements_for_many_products(
    visit, alma, account, vps, paid, django_assert_max_num_queries
):
    for number in range(2, 20):
        Product.objects.create(remote_id=number, name=f"Product {number}")
        paid(account, "1.00", date(2026, 1, 1), product=f"Product {number}")
    browser = visit(alma)
    with django_assert_max_num_queries(14):
        browser.get(SHOP)


def test_it_offers_only_the_cycles_and_the_fields_that_the_product_has(visit, alma, vps):
    Product.objects.create(remote_id=31, name="Backups", kind="addon")
    browser, path = visit(alma), f"{SHOP}?product={vps.pk}"

    page = browser.get(path)
    assert page.texts("select[name=cycle] option") == ["Monthly", "Annually"]
    further = "[name=quantity], [name=addons], [name=nameservers], [name=product_id]"
    assert page.all(further) == []

    Product.objects.filter(pk=vps.pk).update(takes_quantity=True, takes_addons=True, takes_nameservers=True)
    assert [one["name"] for one in browser.get(path).all(further)] == ["quantity", "nameservers", "addons"]


def test_it_hides_the_field_of_the_id_behind_other_product(visit, alma, vps):
    browser = visit(alma)
    assert browser.get(SHOP).all("[name=product_id]") == []
    page = browser.click(browser.get(SHOP), ".cards a[href*=other]")
    assert page.one("[name=product_id]")
    assert len(page.all("select[name=cycle] option")) == len(Product.Cycle)


def test_it_asks_for_the_id_at_once_without_a_catalogue(visit, alma):
    assert visit(alma).get(SHOP).one("[name=product_id]")


def test_it_sends_quantity_and_nameservers_that_are_switched_on(visit, alma, vps, sandbox):
    Product.objects.filter(pk=vps.pk).update(takes_quantity=True, takes_nameservers=True)
    browser = visit(alma)
    names = "ns1.example.net, NS2.example.net. ns1.example.net"
    page = review(browser, f"{SHOP}?product={vps.pk}&cycle=monthly&quantity=3&nameservers={names}")

    place(browser, page, knows="on")

    order = sent(sandbox)
    assert (order["pid"], order["qty"]) == ([1], [3])
    assert [order["nameserver1"], order["nameserver2"]] == ["ns1.example.net", "ns2.example.net"]
    assert "nameserver3" not in order


@pytest.mark.parametrize("typed", ["ns1.example.net", "a b", "ns1.x.net ns2.x.net 3.x 4.x 5.x 6.x"])
def test_it_refuses_odd_nameservers(visit, alma, vps, typed):
    Product.objects.filter(pk=vps.pk).update(takes_nameservers=True)
    page = review(visit(alma), f"{SHOP}?product={vps.pk}&cycle=monthly&nameservers={typed}")
    assert page.status == 422
    assert page.one("main .errorlist")


def test_it_takes_what_is_not_switched_on_from_no_address(visit, alma, vps, sandbox):
    browser = visit(alma)
    page = review(
        browser, f"{SHOP}?product={vps.pk}&cycle=monthly&quantity=3&nameservers=a.example b.example"
    )
    place(browser, page, knows="on")
    assert {"qty", "nameserver1"} & set(sent(sandbox)) == set()


@pytest.mark.parametrize("odd", ["other", "x", "00000000-0000-0000-0000-000000000000", "%00"])
def test_it_asks_for_the_id_of_a_product_that_there_is_not(visit, alma, vps, odd):
    page = visit(alma).get(f"{SHOP}?product={odd}")
    assert page.status == 200
    assert page.one("[name=product_id]")


def test_it_reviews_at_once_what_is_usually_ordered(visit, alma, vps, account, paid):
    paid(account, "50.00", "2026-05-01", cycle="Annually")
    browser = visit(alma)

    page = browser.follow(browser.get(f"{SHOP}?usual={vps.pk}"))

    facts = dict(zip(page.texts("main dt"), page.texts("main dd"), strict=True))
    assert (facts["Product"], facts["Billing cycle"]) == ("Linux VPS (id 1)", "Annually")
    assert facts["Account"] == "Acme"
    assert "autofocus" in page.one("[name=knows]").attributes
    assert browser.get(f"{SHOP}?usual={alma.pk}").status == 404


def test_it_wants_a_tick_where_no_price_is_known(visit, alma, vps, sandbox):
    browser = visit(alma)
    page = review(browser, f"{SHOP}?product={vps.pk}&cycle=monthly")
    assert page.one("[name=knows]")

    assert place(browser, page).status == 422
    assert sandbox.ledger == []
    assert place(browser, page, knows="on").status == 303


def test_it_shows_renewals_with_due_date_price_and_years_of_each(visit, alma, account, rows):
    domain = Domain.objects.get()
    rows.domain(account, name="new.example.com", remote_id=900, **PRICED)
    page = visit(alma).get(f"/orders/new/renew-domains/?domains={domain.pk}")

    assert page.texts("tbody .name") == ["old.example.com", "new.example.com"]
    assert page.texts("tbody .money") == ["€24.00 for 2 years", "€5.00"]
    assert [("checked" in box.attributes) for box in page.all("tbody .pick input")] == [True, False]
    assert len(page.all("tbody select")) == 2


def test_it_renews_each_domain_for_its_own_years_at_a_known_price(visit, alma, account, rows, sandbox, acme):
    acme.add_domains(1, domain="new.example.com", status="Active")
    old = Domain.objects.get()
    new = rows.domain(account, name="new.example.com", remote_id=900, **PRICED)
    path = f"/orders/new/renew-domains/?domains={old.pk}&domains={new.pk}&years_{old.pk}=2&years_{new.pk}=3"
    browser = visit(alma)

    page = review(browser, path)
    told = dict(zip(page.texts("main dt"), page.texts("main dd"), strict=True))
    assert (told["old.example.com"], told["new.example.com"]) == ("2 years", "3 years")
    assert told["Expected price"] == "€39.00"
    assert page.all("[name=knows]") == []

    place(browser, page)
    assert sent(sandbox)["domainrenewals"] == {"old.example.com": 2, "new.example.com": 3}


def test_it_wants_the_tick_if_the_price_of_one_renewal_is_not_known(visit, alma, account, rows):
    old = Domain.objects.get()
    new = rows.domain(account, name="new.example.com", remote_id=900)
    page = review(visit(alma), f"/orders/new/renew-domains/?domains={old.pk}&domains={new.pk}")
    assert page.one("[name=knows]")
    assert "Expected price" not in page.texts("main dt")


def test_it_shows_a_summary_of_what_is_chosen_so_far(visit, alma, vps):
    browser, path = visit(alma), f"{SHOP}?product={vps.pk}"
    page = browser.get(path)
    assert page.texts("#order-summary dd") == ["Linux VPS (id 1)", "Monthly"]

    part = browser.htmx(f"{path}&cycle=annually&domain=shop.example", "order-summary")
    assert part.texts("dd") == ["Linux VPS (id 1)", "Annually", "shop.example"]
    assert part.all("form") == []


@pytest.mark.parametrize("kind", ["service", "register", "transfer", "renew-domains", "renew-services"])
def test_it_has_a_summary_while_nothing_is_chosen(visit, alma, kind):
    assert visit(alma).get(f"/orders/new/{kind}/").one("#order-summary")


def test_it_says_afterwards_what_was_ordered_and_where_to_pay(visit, alma, vps, account, rows):
    browser = visit(alma)
    page = review(browser, f"{SHOP}?product={vps.pk}&cycle=monthly")
    form = page.hidden | {"knows": "on"}
    browser.post(page.one("main form")["action"], form)
    made = Operation.objects.get().result["invoiceid"]
    invoice = rows.invoice(account, remote_id=made, total=Decimal("19.99"))
    browser.get("/")  # hears what was said

    after = browser.follow(browser.post(page.one("main form")["action"], form))

    toast = after.one(".toast[data-hue] .words")
    assert toast.text == f"Ordered Linux VPS, monthly; invoice #{made}: Pay now"
    assert after.one(".toast[data-hue] a")["href"] == f"/invoices/{invoice.pk}/pay/"


class TestSuggestions:
    def test_it_suggests_what_services_are_called_with_their_cycles(self, visit, people, rows):
        account = rows.account()
        Product.objects.create(remote_id=1, name="linux vps")
        for product, cycle in (
            ("Linux VPS", "Monthly"),
            ("Mail", "Annually"),
            ("Mail", "Semi-Annually"),
            ("", ""),
        ):
            rows.service(account, product_name=product, billing_cycle=cycle)

        browser = visit(people.admin("Dana"))
        page = browser.get("/catalogue/")
        assert page.texts("h3.seen ~ .list td.name") == ["Mail"]
        form = browser.click(page, "h3.seen ~ .list .name a")
        assert form.one("[name=name]")["value"] == "Mail"
        assert [box["value"] for box in form.all("[name=cycles][checked]")] == ["semiannually", "annually"]
        assert "value" not in form.one("[name=remote_id]").attributes

    def test_it_learns_the_id_from_an_order_sent_here(self, people, rows):
        key = rows.key(people.member("Alma"), rows.account())
        rows.service(key.account, product_name="Mail", remote_id=102)
        order = {"action": "create_order", "about": "order 1", "remote_id": None, "parameters": {"pid": [6]}}
        rows.operation(key, **order, result={"serviceids": "103"})
        assert [product.remote_id for product in seen_products()] == [None]
        rows.operation(key, **order, result={"serviceids": "102"}, state="refused")
        assert [product.remote_id for product in seen_products()] == [None]
        rows.operation(key, **order, result={"serviceids": "102"})
        assert [product.remote_id for product in seen_products()] == [6]

    @pytest.mark.parametrize("odd", [None, {}, "x", [[1]], "102,103", [102, 103]])
    def test_it_learns_nothing_from_an_odd_answer(self, people, rows, odd):
        key = rows.key(people.member("Alma"), rows.account())
        rows.service(key.account, product_name="Mail", remote_id=102)
        order = {"action": "create_order", "about": "order 1", "remote_id": None, "parameters": {"pid": [6]}}
        rows.operation(key, **order, result={"serviceids": odd})
        assert [product.remote_id for product in seen_products()] == [None]
