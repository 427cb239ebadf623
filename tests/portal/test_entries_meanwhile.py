"""What a team keeps together: a save changes what its person changed, and asks before it replaces
what another person has saved meanwhile."""

from importlib import import_module
from threading import Barrier, Thread

import pytest
from django.db import connection

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


READS = {
    product: "portal.views.catalogue._entry",
    gateway: "portal.views.catalogue._entry",
    command: "portal.views.catalogue._entry",
    servers: "portal.access.nameserver_set_to_change",
    view: "portal.access.saved_view_to_change",
}


@pytest.fixture
def after_reading(monkeypatch):
    """Something happens between the moment a row is read for a save and the save."""

    def replace(make, happen):
        module, name = READS[make].rsplit(".", 1)
        read, left = getattr(import_module(module), name), [happen]

        def reads(*args):
            found = read(*args)
            if left:
                left.pop()(found)
            return found

        monkeypatch.setattr(READS[make], reads)

    return replace


FIELDS = {product: "name", gateway: "words", command: "words", servers: "name", view: "name"}


@pytest.mark.parametrize("make", PLACES)
def test_it_asks_also_of_what_another_saves_at_the_same_time(visit, dana, make, after_reading):
    row, browser, field = make(dana), visit(dana), FIELDS[make]
    address = PLACES[make].format(row.pk)
    filled = browser.get(address).filled
    after_reading(make, lambda found: type(found).objects.update(**{field: "Theirs"}))

    asked = browser.post(address, filled | {field: "New name"})

    assert asked.status == 422
    assert "“Theirs”" in asked.texts(".errorlist")[0]
    assert stored(row, field) == {field: "Theirs"}


@pytest.mark.parametrize("path", ["{}", "{}delete/"])
@pytest.mark.parametrize("make", PLACES)
def test_it_brings_nothing_back_that_another_deletes_at_the_same_time(visit, dana, make, path, after_reading):
    row, browser = make(dana), visit(dana)
    address = path.format(PLACES[make].format(row.pk))
    filled = browser.get(address).filled
    after_reading(make, lambda found: type(found).objects.all().delete())

    assert browser.post(address, filled).status == 404

    assert not type(row).objects.exists()


@pytest.mark.parametrize("path", ["{}", "{}delete/"])
def test_an_admin_changes_no_view_that_its_maker_takes_back_at_the_same_time(
    visit, dana, people, after_reading, path
):
    row = view(people.member("Alma"))
    change(row, {"shared": True})
    browser, address = visit(dana), path.format(PLACES[view].format(row.pk))
    filled = browser.get(address).filled
    after_reading(view, lambda found: SavedView.objects.update(shared=False))

    assert browser.post(address, filled | {"name": "Dana's"}).status == 404
    assert stored(row, "name", "shared") == {"name": "Mine", "shared": False}


@pytest.mark.django_db(transaction=True)
def test_one_of_four_saves_at_once_is_not_asked(visit, dana):
    row = gateway(dana)
    address = PLACES[gateway].format(row.pk)
    visitors = [visit(dana) for _ in range(4)]
    forms = [visitor.get(address).filled for visitor in visitors]
    at_once, pages = Barrier(4), [None] * 4

    def post(number):
        at_once.wait()
        pages[number] = visitors[number].post(address, forms[number] | {"words": f"Card {number}"})
        connection.close()

    threads = [Thread(target=post, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    (first,) = [number for number, page in enumerate(pages) if page.status == 303]
    assert stored(row, "words") == {"words": f"Card {first}"}
    assert sum(page.status == 422 for page in pages) == 3
