import pytest

from portal.models import Grant, Switches
from tests.portal.stored import places_of
from ultahost_api.models import Operation
from ultahost_api.sandbox import Fault

pytestmark = pytest.mark.django_db

CARD = "4111111111111111"
ACCOUNT_NUMBER = "DE02120300000000202051"
BANK = {
    "description": "Checking",
    "bank_name": "Example Bank",
    "bank_account_type": "Checking",
    "bank_code": "BYLADEM1001",
    "bank_account": ACCOUNT_NUMBER,
}
VISA = {"description": "Visa", "card_number": "4111 1111 1111 1111", "card_expiry": "09/2099"}


@pytest.fixture
def acme(sandbox):
    acme = sandbox.add_account("Acme", "EUR")
    acme.add_payment_methods(1, description="House bank")
    return acme


@pytest.fixture
def alma(people, add_key, acme):
    alma = people.member("Alma")
    add_key(alma, acme)
    return alma


@pytest.fixture
def account(alma):
    return alma.api_keys.get().account


@pytest.fixture
def cards(db):
    Switches.objects.create(cards=True)


def send(browser, path, data):
    return browser.post(path, browser.get(path).hidden | data)


def listed(page):
    return page.texts("#payment-methods td.name")


def test_it_lists_what_ultahost_keeps(visit, alma):
    page = visit(alma).htmx("/payment-methods/?live=1", "payment-methods")

    assert "House bank" in listed(page)[0]
    assert page.all("main") == []
    assert page.one(".pager span").text == "1 payment method"


def test_it_has_words_for_kinds_that_a_gateway_stores_and_for_one_without_a_name(visit, alma, acme):
    acme.payment_methods.clear()
    acme.add_payment_methods(1, type="RemoteCreditCard", description="", bank_name="", card_type="Visa")
    acme.add_payment_methods(1, type="RemoteBankAccount", description="", bank_name="")

    page = visit(alma).get("/payment-methods/?live=1")

    assert page.texts("#payment-methods td.state") == ["Card", "Bank account"]
    assert listed(page) == ["Visa", f"#{max(acme.payment_methods)}"]


def test_it_offers_to_add_the_first(visit, alma, acme, account):
    acme.payment_methods.clear()

    page = visit(alma).get("/payment-methods/?live=1")

    assert page.one(".empty a")["href"] == f"/payment-methods/{account.pk}/add/bank/"


def test_it_says_what_is_wrong_while_ultahost_is_down(visit, alma, sandbox):
    sandbox.stop()

    assert visit(alma).get("/payment-methods/").status == 200
    assert "does not answer" in visit(alma).get("/payment-methods/?live=1").one("main .words").text


NONE = "no stored payment methods"


def test_it_takes_an_answer_without_data_for_no_list(visit, alma, sandbox):
    sandbox.faults.add(
        Fault.edit(lambda said: {"status": 200, "message": "ok"}), action="get_payment_methods", times=None
    )

    page = visit(alma).get("/payment-methods/?live=1")

    assert "cannot read Ultahost's answer" in page.one("main .words").text
    assert NONE not in page.html


@pytest.mark.parametrize(("rows", "total"), [(1, 3), (0, 2)])
def test_it_says_that_there_are_more_than_came(visit, alma, sandbox, rows, total):
    cut = Fault.edit(lambda said: said | {"data": said["data"][:rows], "meta": {"total_records": total}})
    sandbox.faults.add(cut, action="get_payment_methods", times=None)

    page = visit(alma).get("/payment-methods/?live=1")

    assert f"more than the {rows} that were read" in page.one("main .banner").text
    assert len(listed(page)) == rows
    assert NONE not in page.html


def test_it_does_not_say_none_of_one_that_it_cannot_list(visit, alma, acme):
    acme.payment_methods[1]["id"] = "x"

    page = visit(alma).get("/payment-methods/?live=1")

    assert "In its place: x" in page.one("main .banner").text
    assert NONE not in page.html


def test_it_adds_a_bank_account_and_keeps_no_number(visit, alma, account, acme, sandbox):
    browser = visit(alma)
    browser.get("/payment-methods/?live=1")

    page = send(browser, f"/payment-methods/{account.pk}/add/bank/", BANK)

    assert page.leads_to == f"/payment-methods/?account={account.pk}"
    assert [method["bank_name"] for method in acme.payment_methods.values()] == ["Example Bank"] * 2
    assert len(listed(browser.get("/payment-methods/?live=1"))) == 2
    assert Operation.objects.exists()
    assert places_of(ACCOUNT_NUMBER) == set()


def test_it_adds_once_when_the_form_is_sent_twice(visit, alma, account, acme):
    browser = visit(alma)
    path = f"/payment-methods/{account.pk}/add/bank/"
    data = browser.get(path).hidden | BANK

    for _ in range(2):
        browser.post(path, data)

    assert len(acme.payment_methods) == 2


@pytest.mark.parametrize(
    ("fault", "status"), [(Fault.status(400, f"Bad account {ACCOUNT_NUMBER}"), 422), (Fault.status(503), 303)]
)
def test_it_never_shows_a_number_again(visit, alma, account, sandbox, caplog, fault, status):
    sandbox.faults.add(fault, action="add_payment_method")

    page = send(visit(alma), f"/payment-methods/{account.pk}/add/bank/", BANK)

    assert page.status == status
    assert Operation.objects.exists()
    assert ACCOUNT_NUMBER not in page.html + caplog.text
    assert places_of(ACCOUNT_NUMBER) == set()


def test_it_keeps_what_was_typed_but_for_the_secrets_when_something_is_missing(visit, alma, account):
    page = send(visit(alma), f"/payment-methods/{account.pk}/add/bank/", BANK | {"description": ""})

    assert page.status == 422
    assert page.one("input[name=bank_name]")["value"] == "Example Bank"
    assert ACCOUNT_NUMBER not in page.html


def test_it_deletes_after_a_confirmation_that_names_it(visit, alma, account, acme, sandbox):
    browser = visit(alma)
    (method_id,) = acme.payment_methods
    path = f"/payment-methods/{account.pk}/{method_id}/delete/"

    assert "House bank · Example Bank" in browser.get(path).texts("main dd")
    page = send(browser, path, {})

    assert page.status == 303
    assert acme.payment_methods == {}
    assert browser.get("/payment-methods/?live=1").all("tbody tr") == []


class TestCards:
    def test_it_takes_none_unless_an_admin_has_allowed_it(self, visit, alma, account):
        assert visit(alma).get(f"/payment-methods/{account.pk}/add/card/").status == 404
        assert len(visit(alma).get("/payment-methods/").all(".actions a")) == 1

    def test_it_passes_a_card_on_and_keeps_no_part_of_it(self, visit, alma, account, acme, cards, caplog):
        page = send(visit(alma), f"/payment-methods/{account.pk}/add/card/", VISA)

        assert page.status == 303
        assert [*acme.payment_methods.values()][-1]["card_last_four"] == "1111"
        for secret in (CARD, VISA["card_number"], VISA["card_expiry"]):
            assert secret not in caplog.text
            assert places_of(secret) == set()

    @pytest.mark.parametrize(
        ("field", "value", "words"),
        [
            ("card_number", "4111111111111112", "This is not a card number."),
            ("card_number", "4111", "This is not a card number."),
            ("card_expiry", "13/2099", "Write month and year"),
            ("card_expiry", "09/2020", "This card has expired."),
        ],
    )
    def test_it_finds_a_typing_error_before_anything_is_sent(
        self, visit, alma, account, acme, cards, field, value, words
    ):
        page = send(visit(alma), f"/payment-methods/{account.pk}/add/card/", VISA | {field: value})

        assert page.status == 422
        assert words in page.one("main .errorlist").text
        assert value not in page.html
        assert len(acme.payment_methods) == 1

    def test_it_takes_a_card_only_from_the_owner_of_a_key(self, visit, people, alma, account, cards):
        for user in (people.admin("Dana"), people.member("Ben")):
            Grant.objects.create(user=user, account=account, level="operate", given_by=alma)

            assert visit(user).get(f"/payment-methods/{account.pk}/add/bank/").status == 200
            assert visit(user).get(f"/payment-methods/{account.pk}/add/card/").status == 404
            page = visit(user).get("/payment-methods/")
            assert [link["href"] for link in page.all(".actions a") if "card" in link["href"]] == []


def test_it_is_for_those_who_may_pay(visit, people, alma, account):
    emil, carla = people.billing("Emil"), people.member("Carla")
    Grant.objects.create(user=carla, account=account, level="view", given_by=alma)
    page = visit(emil).get("/payment-methods/?live=1")
    assert (
        page.one("main .empty").text == "You cannot pay for any account. An admin can give you access to one."
    )
    assert visit(emil).get(f"/payment-methods/?account={account.pk}").status == 404
    assert visit(carla).get(f"/payment-methods/?account={account.pk}").status == 404

    Grant.objects.create(user=emil, account=account, level="operate", given_by=alma)
    assert "House bank" in listed(visit(emil).get("/payment-methods/?live=1"))[0]


def test_it_lets_a_billing_user_see_and_change_nothing(visit, people, alma, account, acme, cards):
    emil = people.billing("Emil")
    Grant.objects.create(user=emil, account=account, level="operate", given_by=alma)
    alma.api_keys.update(owner=emil)  # left over from another role
    (method_id,) = acme.payment_methods
    browser = visit(emil)

    page = browser.get("/payment-methods/?live=1")
    assert page.all(".actions a") == page.all("#payment-methods .acts-cell a") == []
    for path in ("add/bank", "add/card", f"{method_id}/delete"):
        assert browser.get(f"/payment-methods/{account.pk}/{path}/").status == 404
        assert browser.post(f"/payment-methods/{account.pk}/{path}/", BANK).status == 404
    assert len(acme.payment_methods) == 1
