from urllib.parse import urlencode

import pytest

from portal.live_reads.slots import provider_call
from portal.models import Gateway, Grant, Product
from tests.portal.stored import places_of
from ultahost_api.models import Domain, Invoice, Operation, Service
from ultahost_api.sandbox import Fault

pytestmark = pytest.mark.django_db

EPP = "epp-SECRET-code"
KNOWS = {"knows": "on"}  # that no price is known


@pytest.fixture
def acme(sandbox):
    acme = sandbox.add_account("Acme", "EUR")
    acme.add_invoices(1, paymentmethod="stripe")
    acme.add_services(1, domain="host.example.com")
    acme.add_domains(1, domain="old.example.com", status="Active")
    acme.add_domains(1, domain="gone.example.com", status="Cancelled")
    return acme


def facts(page):
    return dict(zip(page.texts("main dt"), page.texts("main dd"), strict=True))


def place(browser, path, **secrets):
    """Review it, then send it."""
    page = browser.get(path)
    return browser.post(path, page.hidden | KNOWS | secrets)


def ordered(sandbox):
    return [done.parameters for done in sandbox.ledger if done.action == "create_order"]


SERVICE = (
    "/orders/new/service/?product_id=1&cycle=monthly&hostname=New.Example.com&payment_method=stripe&review=1"
)
REGISTRATION = "/orders/new/register/?years=1&payment_method=stripe&review=1"
TRANSFER = "/orders/new/transfer/?domain=mine.example.com&years=2&payment_method=stripe&review=1"


class TestReview:
    def test_it_says_all_of_it_before_anything_is_sent(self, visit, alma, sandbox):
        page = visit(alma).get(SERVICE)

        told = facts(page)
        assert told["Account"] == "Acme"
        assert told["Key"].endswith(", yours")
        assert (told["Product"], told["Billing cycle"]) == ("id 1", "Monthly")
        assert (told["Host name"], told["Payment method"]) == ("new.example.com", "stripe")
        assert "Ultahost shows the price only" in page.one(".confirm").text
        assert ordered(sandbox) == []

    @pytest.mark.parametrize(
        ("typed", "told", "sent"),
        [
            ("München.de", "xn--mnchen-3ya.de (münchen.de)", "xn--mnchen-3ya.de"),
            ("xn--mnchen-3ya.de", "xn--mnchen-3ya.de (münchen.de)", "xn--mnchen-3ya.de"),
            ("straße.example。", "xn--strae-oqa.example (straße.example)", "xn--strae-oqa.example"),
            ("shop\u2060.example", "shop.example", "shop.example"),
            ("xn--a.example", "xn--a.example", "xn--a.example"),
            ("SHOP.example.", "shop.example", "shop.example"),
        ],
    )
    def test_it_says_and_sends_a_domain_as_registries_write_it(self, visit, alma, sandbox, typed, told, sent):
        browser, path = visit(alma), f"{REGISTRATION}&{urlencode({'domain': typed})}"

        assert facts(browser.get(path))["Domain"] == told
        place(browser, path)
        assert ordered(sandbox)[-1]["domain"] == [sent]

    @pytest.mark.parametrize(
        "typed", ["💩.example", "a_ü.example", "ü" * 64 + ".example", "-ü-.example", "ü"]
    )
    def test_it_refuses_a_domain_that_no_registry_takes(self, visit, alma, typed):
        page = visit(alma).get(f"{REGISTRATION}&{urlencode({'domain': typed})}")

        assert page.status == 422
        assert "not a host name" in page.one(".errorlist").text

    def test_it_goes_back_to_what_was_typed(self, visit, alma):
        browser = visit(alma)
        form = browser.get(browser.get(SERVICE).one("main .buttons a")["href"])

        assert form.one("input[name=product_id]")["value"] == "1"
        assert form.one("input[name=hostname]")["value"] == "New.Example.com"

    @pytest.mark.parametrize(
        ("query", "words"),
        [
            ("cycle=monthly&payment_method=stripe", "Choose a product"),
            ("product_id=1&cycle=never&payment_method=stripe", "Choose one of the options"),
            ("product_id=1&cycle=monthly&payment_method=barter", "Choose one of the options"),
        ],
    )
    def test_it_keeps_to_the_form_while_something_is_wrong(self, visit, alma, query, words):
        page = visit(alma).get(f"/orders/new/service/?{query}&review=1")

        assert page.status == 422
        assert words in page.one("main .errorlist").text
        assert page.one("main .field:has(.errorlist) [autofocus]")

    def test_it_knows_the_catalogue_s_cycles(self, visit, alma):
        plus = Product.objects.create(remote_id=2, name="Linux VPS Plus", cycles=["annually"])
        path = f"/orders/new/service/?product={plus.pk}&payment_method=stripe&review=1&cycle="

        assert "is not available" in visit(alma).get(path + "monthly").one("main .errorlist").text
        assert facts(visit(alma).get(path + "annually"))["Product"] == "Linux VPS Plus (id 2)"

    def test_it_offers_the_gateways_that_were_seen_and_the_admin_s(self, visit, alma, rows):
        rows.order(alma.api_keys.get().account, payment_method="banktransfer")
        rows.order(rows.account("Foreign"), payment_method="barter")
        Gateway.objects.create(name="paypal", words="PayPal")

        page = visit(alma).get("/orders/new/service/")

        assert page.texts("select[name=payment_method] option") == ["stripe", "banktransfer", "PayPal"]

    def test_it_renews_only_what_can_be_renewed(self, visit, alma):
        assert visit(alma).get("/orders/new/renew-domains/").texts("tbody .name") == ["old.example.com"]

    @pytest.mark.parametrize(
        ("currency", "amounts", "years", "shown"),
        [
            ("EUR", {"10": 3}, 1, "€3.33"),
            ("EUR", {"10": 3}, 3, "€10.00"),
            ("EUR", {"10": 3, "10.00": 3}, 1, "€6.67"),  # rounded after adding
            ("EUR", {"10": 3, "5": 1}, 2, "€16.67"),
            ("EUR", {"10.005": 2}, 1, "€5.00"),
            ("EUR", {"10.01": 2}, 1, "€5.01"),  # half up
            ("EUR", {"10.005": 1}, 2, "€20.01"),
            ("EUR", {"10.005": 1}, 1, "€10.005"),  # as it was told
            ("JPY", {"1000": 3}, 1, "¥333"),
            ("JPY", {"1980.50": 1}, 1, "¥1,980.50"),
            ("KWD", {"10": 3}, 1, "KWD 3.333"),
        ],
    )
    def test_it_rounds_a_price_once_that_it_worked_out(
        self, visit, alma, rows, currency, amounts, years, shown
    ):
        account = rows.account("Worked out", currency)
        rows.key(alma, account, "Second")
        query = {"account": account.pk, "years": years, "payment_method": "stripe", "review": 1}
        query["domains"] = [
            rows.domain(account, name=f"{n}.example", recurring_amount=amount, registration_period=period).pk
            for n, (amount, period) in enumerate(amounts.items())
        ]

        page = visit(alma).get(f"/orders/new/renew-domains/?{urlencode(query, doseq=True)}")

        assert facts(page)["Expected price"].replace("\xa0", "") == shown

    def test_it_expects_of_services_what_was_told(self, visit, alma, rows):
        account = rows.account("Tokyo", "JPY")
        rows.key(alma, account, "Second")
        query = {"account": account.pk, "payment_method": "stripe", "review": 1}
        query["services"] = [rows.service(account, amount=amount).pk for amount in ("1980.50", "20")]

        page = visit(alma).get(f"/orders/new/renew-services/?{urlencode(query, doseq=True)}")

        assert facts(page)["Expected price"] == "¥2,000.50"


class TestPlacing:
    def test_it_orders_a_service_and_leads_to_the_operation(self, visit, alma, sandbox, acme):
        page = place(visit(alma), SERVICE)

        operation = Operation.objects.get()
        assert page.leads_to == f"/activity/{operation.pk}/"
        assert ordered(sandbox) == [
            {
                "paymentmethod": "stripe",
                "pid": [1],
                "billingcycle": ["monthly"],
                "hostname": ["new.example.com"],
            }
        ]
        assert acme.orders[operation.result["orderid"]]["status"] == "Pending"

    def test_it_leads_to_the_invoice_once_our_copy_has_it(self, visit, alma, sandbox, acme):
        browser = visit(alma)
        path = SERVICE
        form = browser.get(path).hidden | KNOWS
        browser.post(path, form)
        made = Operation.objects.get().result["invoiceid"]
        invoice = Invoice.objects.create(
            account=alma.api_keys.get().account, remote_id=made, currency="EUR", status="Unpaid"
        )

        page = browser.post(path, form)

        assert page.leads_to == f"/invoices/{invoice.pk}/"
        assert len(ordered(sandbox)) == 1

    def test_it_orders_once_though_an_earlier_post_of_the_form_is_told_to_try_again(
        self, visit, alma, sandbox
    ):
        browser = visit(alma)
        form = browser.get(SERVICE).hidden | KNOWS
        with provider_call(), provider_call(), provider_call():
            busy = browser.post(SERVICE, form)
        browser.post(SERVICE, form)

        page = browser.post(SERVICE, busy.hidden | KNOWS)

        assert busy.status == 422
        assert "The portal is busy" in busy.one("main .errorlist").text
        assert page.leads_to == f"/activity/{Operation.objects.get().pk}/"
        assert len(ordered(sandbox)) == 1

    def test_it_has_the_new_order_read(self, visit, alma, read_everything):
        browser = visit(alma)
        read_everything()
        before = browser.get("/orders/").all("tbody tr")

        place(browser, SERVICE)
        read_everything()

        assert len(browser.get("/orders/").all("tbody tr")) == len(before) + 1

    def test_it_transfers_a_domain_with_a_code_that_stays_nowhere(self, visit, alma, sandbox, acme):
        page = place(visit(alma), TRANSFER, epp_code=EPP)

        assert page.status == 303
        (order,) = ordered(sandbox)
        assert (order["domain"], order["domaintype"], order["regperiod"]) == (
            ["mine.example.com"],
            ["transfer"],
            [2],
        )
        assert Operation.objects.get().state == Operation.State.DONE
        assert places_of(EPP) == set()

    def test_it_never_shows_the_code_again_when_the_order_is_refused(self, visit, alma, sandbox):
        browser = visit(alma)
        sandbox.faults.add(Fault.status(400, f"Wrong code {EPP}"), action="create_order")

        page = place(browser, TRANSFER, epp_code=EPP)

        assert page.status == 422
        assert "Ultahost refused: “Wrong code ••••••••” Nothing was changed." in page.one("main").text
        assert EPP not in page.html
        assert facts(page)["Domain"] == "mine.example.com"

    def test_it_needs_the_code_of_a_transfer(self, visit, alma, sandbox):
        assert place(visit(alma), TRANSFER).status == 422
        assert ordered(sandbox) == []

    def test_it_registers_a_domain(self, visit, alma, sandbox):
        place(
            visit(alma),
            "/orders/new/register/?domain=fresh.example.com&years=1&payment_method=stripe&review=1",
        )

        assert ordered(sandbox)[0]["domaintype"] == ["register"]

    def test_it_renews_domains_for_years(self, visit, alma, sandbox):
        old = Domain.objects.get(name="old.example.com")
        path = f"/orders/new/renew-domains/?domains={old.pk}&years=3&payment_method=stripe&review=1"

        assert facts(visit(alma).get(path))["old.example.com"] == "3 years"
        place(visit(alma), path)

        assert ordered(sandbox)[0]["domainrenewals"] == {"old.example.com": 3}

    def test_it_renews_services(self, visit, alma, sandbox):
        service = Service.objects.get()
        place(
            visit(alma), f"/orders/new/renew-services/?services={service.pk}&payment_method=stripe&review=1"
        )

        assert ordered(sandbox)[0]["servicerenewals"] == [service.remote_id]

    def test_it_leads_to_the_operation_when_the_outcome_is_unknown(self, visit, alma, sandbox):
        sandbox.faults.add(Fault.cut(), action="create_order")

        page = place(visit(alma), SERVICE)

        operation = Operation.objects.get()
        assert operation.state == Operation.State.UNKNOWN
        assert page.leads_to == f"/activity/{operation.pk}/"

    def test_it_sends_no_second_order_while_the_first_is_unknown(self, visit, alma, sandbox):
        sandbox.faults.add(Fault.cut(), action="create_order")
        browser = visit(alma)
        place(browser, SERVICE)

        page = place(browser, SERVICE)

        assert page.status == 422
        assert page.one("main .errorlist a")["href"] == f"/activity/{Operation.objects.get().pk}/"
        assert len(ordered(sandbox)) == 1

    def test_it_orders_for_the_account_that_was_shown(self, visit, alma, add_key, sandbox, acme):
        browser = visit(alma)
        page = browser.get(SERVICE)
        other = sandbox.add_account("Aardvark", "EUR")  # from now on the first of the list
        add_key(alma, other, "Second")

        browser.post(page.one("main form")["action"], page.hidden | KNOWS)

        assert Operation.objects.get().account.name == "Acme"


class TestRights:
    def test_it_is_for_those_who_operate(self, visit, people, alma):
        account = alma.api_keys.get().account
        carla, ben = people.member("Carla"), people.member("Ben")
        Grant.objects.create(user=carla, account=account, level="view", given_by=alma)
        Grant.objects.create(user=ben, account=account, level="operate", given_by=alma)

        assert visit(carla).get("/orders/new/service/").status == 404
        assert visit(carla).get("/orders/").all("main .actions a") == []
        assert facts(visit(ben).get(SERVICE))["Key"].endswith(" of Alma")

    def test_it_does_not_find_another_s_account_or_kind(self, visit, people, add_key, sandbox, alma):
        theirs = add_key(people.member("Ben"), sandbox.add_account("Umbrella", "USD")).account_id

        assert visit(alma).get(f"{SERVICE}&account={theirs}").status == 404
        assert visit(alma).get("/orders/new/everything/").status == 404
