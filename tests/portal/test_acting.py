"""The key that the page named is the key that acts, or nothing is sent."""

import pytest
from django.utils import timezone

from portal.models import Grant, ServiceCommand
from ultahost_api import keys
from ultahost_api.models import ApiKey, Domain, Invoice, Operation, Quote, Refresh, Service

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme(sandbox):
    acme = sandbox.add_account("Acme", "EUR")
    acme.add_services(1, domain="shop.example")
    return acme


@pytest.fixture
def alma(people, acme, hold):
    alma = people.member("Alma")
    hold(alma, acme, "First")
    return alma


@pytest.fixture
def carla(people, alma):
    """An operator without a key of her own, who acts with Alma's."""
    carla = people.member("Carla")
    account = alma.api_keys.get().account
    Grant.objects.create(user=carla, account=account, level="operate", given_by=alma)
    return carla


@pytest.fixture
def path(alma):
    return f"/services/{Service.objects.get().pk}/cancel/"


def filled(page, **fields):
    return page.hidden | {"type": "Immediate", "reason": "Moved away"} | fields


def refused(page):
    """The words, of a page that kept what was typed."""
    assert page.status == 422
    assert page.one("textarea[name=reason]").text == "Moved away"
    return page.one(".errorlist.nonfield li").text


def named(page):
    return page.texts("main dd")[-1]


def test_it_acts_with_the_key_that_the_page_named(visit, carla, path):
    browser = visit(carla)
    page = browser.get(path)

    browser.post(path, filled(page))

    key = Operation.objects.get().key
    assert page.hidden["key"] == str(key.pk)
    assert named(page) == f"{key} of Alma"


BEFORE_WRITES = [
    "/services/{service}/cancel/", "/services/{service}/password/", "/services/{service}/upgrade/",
    "/services/{service}/run/{command}/", "/invoices/{invoice}/pay/", "/invoices/pay/?invoice={invoice}",
    "/domains/{domain}/nameservers/", "/domains/{domain}/lock/locked/", "/domains/{domain}/lock/unlocked/",
    "/domains/{domain}/auto-renew/on/", "/domains/{domain}/epp-code/", "/contacts/{account}/add/",
    "/contacts/{account}/{contact}/edit/", "/contacts/{account}/{contact}/delete/",
    "/payment-methods/{account}/add/bank/", "/payment-methods/{account}/{method}/delete/",
    "/quotes/{account}/{quote}/accept/",
    "/orders/new/service/?account={account}&product_id=1&cycle=monthly&payment_method=stripe&review=1",
]  # fmt: skip


@pytest.fixture
def places(acme, alma, read_everything):
    """What the addresses of BEFORE_WRITES are filled in with."""
    acme.add_invoices(1, status="Unpaid")
    acme.add_domains(1)
    acme.add_contacts(1)
    acme.add_payment_methods(1)
    acme.add_quotes(1, stage="Delivered")
    Refresh.objects.update(next_due_at=timezone.now())
    read_everything()
    return {
        "account": alma.api_keys.get().account_id,
        "service": Service.objects.get().pk,
        "invoice": Invoice.objects.get().pk,
        "domain": Domain.objects.get().pk,
        "quote": Quote.objects.get().remote_id,
        "command": ServiceCommand.objects.create(name="reboot", words="Reboot").pk,
        "contact": next(iter(acme.contacts)),
        "method": next(iter(acme.payment_methods)),
    }


def test_it_says_before_every_write_whose_key_would_act(visit, people, alma, carla, places):
    of_alma = f"{alma.api_keys.get()} of Alma"

    for person in (carla, people.admin("Dana")):
        browser = visit(person)
        for path in BEFORE_WRITES:
            page = browser.get(path.format(**places))
            assert (path, page.status) == (path, 200)
            assert (path, of_alma in page.one("main").text) == (path, True)


def test_it_names_the_key_of_each_account_of_which_several_invoices_are_paid(
    visit, people, alma, places, rows
):
    """In no cell of the table, which a phone may leave out."""
    key, other = alma.api_keys.get(), rows.account("Without a key")
    last = rows.invoice(other, total="1.00", due_date="2099-01-01")
    path = f"/invoices/pay/?invoice={places['invoice']}&invoice={last.pk}"

    page = visit(people.admin("Dana")).get(path)

    assert page.texts("main form dt")[0] == "Acme"
    assert page.texts("main form dd")[0] == f"1 invoice, with the key {key} of Alma"
    left_out = page.one("section[aria-labelledby=left-out] tbody tr").text
    assert "Without a key" in left_out
    assert left_out.endswith("This account has no active key.")
    mine = visit(alma).get(f"/invoices/pay/?invoice={places['invoice']}")
    assert mine.texts("main form dd")[0] == f"1 invoice, with the key {key}, yours"


def test_it_says_whose_key_pays_for_billing(visit, people, alma, places):
    bill = people.billing("Bill")
    account = alma.api_keys.get().account
    Grant.objects.create(user=bill, account=account, level="operate", given_by=alma)

    assert named(visit(bill).get(f"/invoices/{places['invoice']}/pay/")) == f"{alma.api_keys.get()} of Alma"


def test_it_sends_nothing_once_another_key_would_act_and_then_names_that(
    visit, carla, acme, path, add_key, sandbox
):
    browser = visit(carla)
    form = browser.get(path)
    hers = add_key(carla, acme, "Hers")

    page = browser.post(path, filled(form))

    first = ApiKey.objects.get(label="First")
    assert refused(page) == (
        f"This page named the key {first} of Alma, but now {hers}, yours would be used. Nothing was sent."
    )
    assert named(page) == f"{hers}, yours"
    assert sandbox.ledger == []
    assert not Operation.objects.exists()

    browser.post(path, filled(page))
    assert Operation.objects.get().key == hers


@pytest.mark.parametrize(
    "end", [keys.disable, keys.remove, lambda key: ApiKey.objects.update(refused_at=key.created_at)]
)
def test_it_says_which_key_is_gone_when_none_is_left(visit, carla, path, end, sandbox):
    browser = visit(carla)
    form = browser.get(path)
    first = ApiKey.objects.get()
    end(first)

    page = browser.post(path, filled(form))

    assert refused(page) == (
        f"The key {first} of Alma no longer works, and there is no other. Nothing was sent."
    )
    assert named(page) == "none: this account has no active key"
    assert "key" not in page.hidden
    assert sandbox.ledger == []


def test_it_lets_no_foreign_id_choose_a_key(visit, people, alma, acme, path, add_key, sandbox):
    add_key(people.member("Ben"), acme, "Bens")
    foreign = add_key(people.member("Carl"), sandbox.add_account("Elsewhere"), "Foreign")
    browser = visit(alma)

    for label in ("Bens", "Foreign"):
        page = browser.post(path, filled(browser.get(path), key=ApiKey.objects.get(label=label).pk))
        assert f"now {alma.api_keys.get()}, yours would be used. Nothing was sent." in refused(page)
        assert str(foreign) not in page.html
    page = browser.post(path, filled(browser.get(path), key=""))
    assert "This page named no key of this account, but" in refused(page)

    assert sandbox.ledger == []


def test_it_names_the_key_anew_on_a_form_that_was_filled_in_wrongly(visit, carla, acme, path, add_key):
    browser = visit(carla)
    form = browser.get(path)
    hers = add_key(carla, acme, "Hers")

    page = browser.post(path, filled(form, type="Some day"))

    assert (named(page), page.hidden["key"]) == (f"{hers}, yours", str(hers.pk))


def test_it_follows_what_was_sent_however_the_keys_have_changed(visit, carla, path, sandbox):
    browser = visit(carla)
    form = filled(browser.get(path))
    first = browser.post(path, form)
    keys.remove(ApiKey.objects.get())

    assert browser.post(path, form).leads_to == first.leads_to
    assert len(sandbox.ledger) == 1


def test_it_keeps_to_a_key_of_one_s_own_for_the_account_s_own_login(
    visit, alma, people, acme, add_key, sandbox
):
    add_key(people.member("Ben"), acme, "Bens")
    browser = visit(alma)
    browser.post("/sign-in/again/", {"password": "correct horse battery"})
    path = f"/accounts/{alma.api_keys.get().account_id}/password/"
    typed = {"existing": "old-secret-1", "new": "new-secret-22", "confirmed": "new-secret-22"}
    form = browser.get(path).hidden | typed
    second = add_key(alma, acme, "Second")
    keys.disable(ApiKey.objects.get(label="First"))

    page = browser.post(path, form)

    assert f"but now {second}, yours would be used." in page.one(".errorlist.nonfield li").text
    assert "new-secret-22" not in page.html
    assert sandbox.ledger == []
