"""What a team keeps together: a save asks before it replaces what another person has saved meanwhile."""

import pytest

from portal.models import Gateway, NameserverSet, Product, SavedView, ServiceCommand

pytestmark = pytest.mark.django_db
WORDS = "It was changed in the meantime. Save again to replace that."


@pytest.fixture
def dana(people, rows):
    rows.account("Acme")
    return people.admin("Dana")


def product(dana):
    return Product.objects.create(name="VPS", remote_id=1, kind="service", cycles=["monthly"])


def gateway(dana):
    return Gateway.objects.create(words="Card", name="stripe")


def command(dana):
    return ServiceCommand.objects.create(words="Reboot", name="reboot")


def servers(dana):
    return NameserverSet.objects.create(name="Ours", servers=["ns1.example.com", "ns2.example.com"])


def view(dana):
    return SavedView.objects.create(owner=dana, listing="services", name="Mine", query="status=Active")


@pytest.mark.parametrize(
    ("make", "path", "field", "theirs"),
    [
        (product, "/catalogue/products/{}/", "name", {"cycles": ["annually"]}),
        (gateway, "/catalogue/gateways/{}/", "words", {"words": "Cards"}),
        (command, "/catalogue/commands/{}/", "words", {"dangerous": True}),
        (servers, "/nameservers/{}/", "name", {"servers": ["ns3.example.com", "ns4.example.com"]}),
        (view, "/views/{}/", "name", {"shared": True}),
    ],
)
def test_it_asks_before_it_replaces_what_another_saved(visit, dana, make, path, field, theirs):
    row, browser = make(dana), visit(dana)
    address = path.format(row.pk)
    filled = browser.get(address).filled | {field: "New name"}
    for name, value in theirs.items():
        setattr(row, name, value)
    row.save()

    asked = browser.post(address, filled)
    row.refresh_from_db()
    assert WORDS in asked.html
    assert getattr(row, field) != "New name"
    assert asked.filled[field] == "New name"

    assert browser.post(address, asked.filled).status in (302, 303)
    row.refresh_from_db()
    assert getattr(row, field) == "New name"


def test_it_saves_at_once_what_no_one_else_changed(visit, dana):
    row, browser = gateway(dana), visit(dana)
    address = f"/catalogue/gateways/{row.pk}/"
    filled = browser.get(address).filled
    assert browser.post(address, filled | {"words": "Cards"}).status == 303
    row.refresh_from_db()
    assert row.words == "Cards"
