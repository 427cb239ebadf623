"""What a team keeps together: a save changes what its person changed, and asks before it replaces
what another person has saved meanwhile."""

import pytest

from portal.models import Gateway, NameserverSet, Product, SavedView, ServiceCommand

pytestmark = pytest.mark.django_db


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


PLACES = {
    product: "/catalogue/products/{}/",
    gateway: "/catalogue/gateways/{}/",
    command: "/catalogue/commands/{}/",
    servers: "/nameservers/{}/",
    view: "/views/{}/",
}


def change(row, values):
    for name, value in values.items():
        setattr(row, name, value)
    row.save()


def stored(row, *names):
    row.refresh_from_db()
    return {name: getattr(row, name) for name in names}


@pytest.mark.parametrize(
    ("make", "mine", "theirs"),
    [
        (product, "name", {"cycles": ["annually"], "takes_addons": True, "kind": "addon", "remote_id": 2}),
        (product, "name", {"cycles": []}),
        (gateway, "words", {"name": "paypal"}),
        (command, "words", {"dangerous": True, "products": ["VPS"]}),
        (servers, "name", {"servers": ["ns3.example.com", "ns4.example.com"]}),
        (view, "name", {"shared": True}),
    ],
)
def test_it_keeps_what_another_saved_in_other_fields(visit, dana, make, mine, theirs):
    row, browser = make(dana), visit(dana)
    Product.objects.create(name="VPS", kind="service", remote_id=9)
    address = PLACES[make].format(row.pk)
    filled = browser.get(address).filled | {mine: "New name"}
    change(row, theirs)

    assert browser.post(address, filled).status == 303

    assert stored(row, mine, *theirs) == {mine: "New name"} | theirs


@pytest.mark.parametrize(
    ("make", "field", "typed", "theirs", "words"),
    [
        (product, "name", "New name", "VPS XL", "VPS XL"),
        (product, "remote_id", "3", 2, "2"),
        (product, "cycles", "quarterly", ["annually", "biennially"], "Annually, Biennially"),
        (gateway, "words", "New name", "Cards", "Cards"),
        (command, "words", "New name", "Restart", "Restart"),
        (
            servers,
            "servers",
            "ns5.example.com ns6.example.com",
            ["ns3.example.com", "ns4.example.com"],
            "ns3.example.com, ns4.example.com",
        ),
        (view, "name", "New name", "Theirs", "Theirs"),
    ],
)
def test_it_asks_where_both_changed_the_same(visit, dana, make, field, typed, theirs, words):
    row, browser = make(dana), visit(dana)
    address = PLACES[make].format(row.pk)
    filled = browser.get(address).filled | {field: typed}
    change(row, {field: theirs})

    asked = browser.post(address, filled)
    assert asked.status == 422
    assert asked.texts(".errorlist") == [
        f"It was changed to “{words}” in the meantime. Save again to replace that."
    ]
    assert asked.filled[field] == typed
    assert stored(row, field) == {field: theirs}

    assert browser.post(address, asked.filled).status == 303
    assert stored(row, field) != {field: theirs}


def test_it_says_what_was_removed(visit, dana):
    row, browser = product(dana), visit(dana)
    address = PLACES[product].format(row.pk)
    filled = browser.get(address).filled | {"cycles": ["quarterly"]}
    change(row, {"cycles": []})

    asked = browser.post(address, filled)

    assert asked.texts(".errorlist") == ["It was removed in the meantime. Save again to set it."]


def test_a_page_with_a_mistake_shows_what_holds_now_where_nothing_was_typed(visit, dana):
    row, browser = product(dana), visit(dana)
    address = PLACES[product].format(row.pk)
    filled = browser.get(address).filled | {"name": ""}
    change(row, {"cycles": ["annually"], "takes_addons": True, "remote_id": 2})

    again = browser.post(address, filled)
    assert again.status == 422
    assert again.filled["cycles"] == "annually"
    assert again.filled["takes_addons"] == "on"
    assert again.filled["remote_id"] == "2"

    change(row, {"remote_id": 3})
    assert browser.post(address, again.filled | {"name": "New name"}).status == 303
    theirs = {"cycles": ["annually"], "takes_addons": True, "remote_id": 3}
    assert stored(row, "name", *theirs) == {"name": "New name"} | theirs


def test_it_asks_of_a_field_that_was_wrong_before(visit, dana):
    row, browser = gateway(dana), visit(dana)
    address = PLACES[gateway].format(row.pk)
    filled = browser.get(address).filled
    change(row, {"words": "Cards"})

    again = browser.post(address, filled | {"words": ""})
    asked = browser.post(address, again.filled | {"words": "New name"})

    assert asked.status == 422
    assert "“Cards”" in asked.texts(".errorlist")[0]


@pytest.mark.parametrize("word", ["made-up", "{other}"])
def test_it_asks_where_the_portal_has_not_said_what_was_shown(visit, dana, word):
    row, other = gateway(dana), Gateway.objects.create(words="Card", name="paypal")
    browser = visit(dana)
    foreign = browser.get(PLACES[gateway].format(other.pk)).filled["as_shown"]
    address = PLACES[gateway].format(row.pk)
    filled = browser.get(address).filled | {"words": "New name"}

    asked = browser.post(address, filled | {"as_shown": word.format(other=foreign)})

    assert asked.status == 422
    assert stored(row, "words") == {"words": "Card"}


def test_it_saves_at_once_what_no_one_else_changed(visit, dana):
    row, browser = gateway(dana), visit(dana)
    address = f"/catalogue/gateways/{row.pk}/"
    filled = browser.get(address).filled
    assert browser.post(address, filled | {"words": "Cards"}).status == 303
    row.refresh_from_db()
    assert row.words == "Cards"
