"""Rows that have a number at or below zero: their links lead to their pages."""

import pytest

from ultahost_api.models import Order, Quote


@pytest.fixture
def alma(people, sandbox, add_key, read_everything):
    alma, acme = people.member("Alma"), sandbox.add_account("Acme", "EUR")
    for noun in ("orders", "quotes", "emails"):
        for number in (-7, 0):
            acme.add(noun, id=number)
    add_key(alma, acme)
    read_everything()
    return alma


@pytest.mark.parametrize("noun", ["orders", "quotes", "emails"])
def test_a_link_leads_to_its_page(visit, alma, noun):
    browser = visit(alma)
    links = {link["href"].partition("?")[0] for link in browser.get(f"/{noun}/").all(".rows td a")}
    odd = sorted(link for link in links if link.endswith(("/-7/", "/0/")))
    assert len(odd) == 2
    for link in odd:
        assert browser.get(link).status == 200
        assert browser.get(f"{link}?live=1").status == 200


@pytest.mark.parametrize("path", ["/orders/{}/-9/", "/quotes/{}/--7/", "/orders/{}/7-/", "/orders/{}/+7/"])
def test_what_is_no_number_leads_nowhere(visit, alma, path):
    account = Order.objects.first().account_id
    page = visit(alma).get(path.format(account))
    assert page.status == (200 if "-9" in path else 404)
    assert Quote.objects.count() == 2
