"""The page that an act leads to is told which row, entry or fact the act changed."""

import pytest

from portal.models import Grant, Product
from tests.portal.conftest import Page
from ultahost_api.models import Domain, Operation


@pytest.fixture
def alma(people, add_key, sandbox, read_everything):
    account = sandbox.add_account("Acme", currency="EUR")
    account.add_domains(domain="shop.example", donotrenew=1)
    alma = people.member("Alma")
    add_key(alma, account)
    read_everything()
    return alma


@pytest.fixture
def domain(alma):
    return Domain.objects.get()


def changed(page: Page) -> list[str]:
    """And each of these is said once."""
    assert len(page.all(".toasts .toast")) == 1
    return page.one(".toasts .toast")["data-changed"].split()


def links(page: Page) -> list[str]:
    return [link["href"] for link in page.all("main tr a[href], main li a[href], main .facts > div a[href]")]


def test_it_is_the_entry_of_the_history_after_a_write(visit, alma, domain):
    browser = visit(alma)
    form = browser.get(f"/domains/{domain.pk}/auto-renew/on/")
    page = browser.follow(browser.post(form.path, form.filled))

    sent = Operation.objects.get()
    assert changed(page) == [f"/activity/{sent.pk}/", f"/domains/{domain.pk}/"]
    assert f"/activity/{sent.pk}/" in links(page)
    assert not browser.get(page.path).all("[data-changed]")


def test_it_is_the_fact_after_a_label_was_set(visit, alma, domain):
    browser, there = visit(alma), f"/domains/{domain.pk}/label/"
    page = browser.follow(browser.post(there, {"label": "Shop", "note": ""}))

    assert changed(page) == [there]
    assert there in links(page)


def test_it_is_the_row_of_what_was_saved(visit, people, alma, domain):
    browser = visit(people.admin("Dana"))
    form = {"name": "VPS", "kind": "service", "remote_id": "1", "cycles": ["monthly"]}
    page = browser.follow(browser.post("/catalogue/products/add/", form))
    assert changed(page) == [f"/catalogue/products/{Product.objects.get().pk}/"]
    assert set(changed(page)) <= set(links(page))

    ben = people.member("Ben")
    account = f"/accounts/{domain.account_id}/"
    page = browser.follow(browser.post(f"{account}grants/add/", {"person": ben.pk, "level": "view"}))
    assert changed(page) == [f"{account}grants/{Grant.objects.get().pk}/"]
    assert set(changed(page)) <= set(links(page))
