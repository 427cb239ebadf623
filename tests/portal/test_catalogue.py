import pytest

from portal.models import Gateway, Product, ServiceCommand, Switches

pytestmark = pytest.mark.django_db

PRODUCT = {"name": "Linux VPS", "remote_id": "7", "kind": "service", "cycles": ["monthly", "annually"]}


@pytest.fixture
def dana(visit, people):
    return visit(people.admin("Dana"))


@pytest.mark.parametrize(
    ("part", "model", "data"),
    [
        ("products", Product, PRODUCT),
        ("gateways", Gateway, {"words": "By card", "name": "stripe"}),
        ("commands", ServiceCommand, {"words": "Restart", "name": "reboot", "dangerous": "on"}),
    ],
)
def test_it_adds_changes_and_deletes(dana, part, model, data):
    first = "name" if part == "products" else "words"

    page = dana.post(f"/catalogue/{part}/add/", data)
    entry = model.objects.get()
    assert (page.status, page.leads_to) == (303, "/catalogue/")
    assert dana.get("/catalogue/").one(f"[aria-labelledby={part}] td.name a").text == data[first]

    path = f"/catalogue/{part}/{entry.pk}/"
    assert dana.get(path).one(f"input[name={first}]")["value"] == data[first]
    dana.post(path, data | {first: "Something else"})
    assert str(model.objects.get()) == "Something else"

    assert dana.get(path + "delete/").one(".confirm .btn.danger").text == "Delete it"
    assert model.objects.count() == 1
    dana.post(path + "delete/")
    assert model.objects.count() == 0


def test_it_keeps_the_cycles_of_a_product(dana):
    dana.post("/catalogue/products/add/", PRODUCT)

    product = Product.objects.get()
    assert product.cycles == ["monthly", "annually"]
    ticked = [box["value"] for box in dana.get(f"/catalogue/products/{product.pk}/").all("input[checked]")]
    assert ticked == ["monthly", "annually"]


def test_it_refuses_the_same_product_twice(dana):
    dana.post("/catalogue/products/add/", PRODUCT)

    page = dana.post("/catalogue/products/add/", PRODUCT)

    assert page.status == 422
    assert page.one("input[name=name]")["value"] == "Linux VPS"
    assert "The catalogue has a product of this kind and ID already." in page.html
    assert Product.objects.count() == 1


def test_what_it_says_of_an_entry_has_a_heading(dana):
    dana.post("/catalogue/products/add/", PRODUCT)
    dana.post("/catalogue/gateways/add/", {"words": "By card", "name": "stripe"})

    page = dana.get("/catalogue/")

    assert page.texts("[aria-labelledby=products] thead th") == ["Name", "Kind", "Product ID"]
    assert page.texts("[aria-labelledby=gateways] thead th") == ["Name", "", "Name at Ultahost"]


def test_gateways_have_the_names_that_the_team_gave_them(dana, people, rows):
    account = rows.account("Acme", "EUR")
    rows.key(people.member("Ben"), account)
    rows.order(account, payment_method="stripe")
    rows.order(account, payment_method="paypal")
    invoice = rows.invoice(account, payment_method="stripe", status="Unpaid")
    domain = rows.domain(account, payment_method="stripe")
    dana.post("/catalogue/gateways/add/", {"words": "By card", "name": "stripe"})

    assert set(dana.get("/orders/").texts("td.extra")) == {"By card", "paypal"}
    for address in (f"/invoices/{invoice.pk}/", f"/invoices/{invoice.pk}/print/", f"/domains/{domain.pk}/"):
        assert "By card" in dana.get(address).texts(".facts dd")
    dana.post("/columns/invoices/", {"column": ["payment_method"]})
    assert "By card" in dana.get("/invoices/").texts("tbody td")


def test_it_allows_card_numbers_after_the_words_about_them(dana):
    assert "PCI DSS" in dana.get("/catalogue/cards/").one("main").text
    assert not Switches.current().cards

    dana.post("/catalogue/cards/", {"cards": "on"})
    assert Switches.current().cards

    dana.post("/catalogue/cards/", {"cards": "off"})
    assert not Switches.current().cards


def test_it_does_not_find_a_part_that_is_not_there(dana):
    assert dana.get("/catalogue/people/add/").status == 404


def test_it_is_for_admins(visit, people, db):
    alma = visit(people.member("Alma"))

    assert {alma.get(path).status for path in ("/catalogue/", "/catalogue/products/add/")} == {404}
    assert alma.post("/catalogue/cards/", {"cards": "on"}).status == 404
    assert not Switches.current().cards
