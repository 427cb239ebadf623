from uuid import uuid4

import pytest

from portal.forms.saved_views import LISTS
from portal.models import AccountPolicy, Act, AuditEntry, SavedView
from tests.portal.statements import all_statements
from ultahost_api.models import Account


@pytest.fixture
def hidden(rows):
    """An account that Alma may not see."""
    hidden = rows.account("Hidden Ltd", "GBP")
    AccountPolicy.objects.create(account=hidden, private=True)
    return hidden


def view(owner, name="Late ones", query="status=Overdue&sort=due", listing="invoices", **fields):
    return SavedView.objects.create(owner=owner, listing=listing, name=name, query=query, **fields)


def names(page):
    return page.texts("#views .view > a:first-child")


def save(browser, path, **fields):
    """What a browser sends of the form in the menu, whose address stands in the list."""
    page = browser.get(path)
    sent = {i["name"]: i["value"] for i in page.all("#save-view input[type=hidden], input[form=save-view]")}
    return browser.post(page.one("#save-view")["action"], sent | fields)


def test_it_saves_the_filter_and_the_sort_of_a_list(visit, alma, rows, acme):
    rows.invoice(acme, number="late", status="Refunded")
    rows.invoice(acme, number="other")
    browser = visit(alma)

    saved = save(browser, "/invoices/?status=Refunded&sort=due&page=1&size=50&q=", name="Refunds")

    assert saved.leads_to == "/invoices/?status=Refunded&sort=due"
    page = browser.get("/invoices/")
    assert names(page) == ["Refunds"]
    assert browser.click(page, "#views .view > a:first-child").texts("td.name a") == ["late"]
    assert names(browser.get("/services/")) == []
    assert not AuditEntry.objects.filter(noun="saved_view").exists()


def test_it_replaces_a_person_s_view_of_the_same_name(visit, people, alma, acme):
    ben = people.member("Ben")
    view(ben, name="Mine")
    browser = visit(alma)
    for query in ("status=Paid", "status=Unpaid"):
        save(browser, f"/invoices/?{query}", name="Mine")

    assert [one.query for one in SavedView.objects.filter(owner=alma)] == ["status=Unpaid"]
    assert SavedView.objects.get(owner=ben).query == "status=Overdue&sort=due"


def test_it_renames_no_view_to_the_name_of_another(visit, people, alma, acme):
    view(people.member("Ben"), name="Theirs")
    view(alma, name="Elsewhere", listing="services")
    view(alma, name="Mine")
    other = view(alma, name="Other")

    page = visit(alma).post(f"/views/{other.pk}/", {"name": "Mine"})

    assert page.status == 422
    assert page.one("input[name=name]")["value"] == "Mine"
    assert page.one(".errorlist").text == "There is another view of this name in this list."
    for name in ("Theirs", "Elsewhere", "Other"):
        assert visit(alma).post(f"/views/{other.pk}/", {"name": name}).status == 303


@pytest.mark.parametrize("listing", LISTS)
def test_it_can_save_a_view_of_every_list_of_rows(visit, people, rows, acme, listing):
    ada = people.admin("Ada")
    rows.operation(rows.key(ada, acme))
    browser = visit(ada)
    path = {"operations": "/activity/"}.get(listing, f"/{listing}/")

    assert save(browser, f"{path}?q=a", name="View").leads_to == f"{path}?q=a"
    assert names(browser.get(path)) == ["View"]


@pytest.mark.parametrize(
    "wrong", [{"listing": "people"}, {"listing": ""}, {"name": ""}, {"name": "x" * 61}, {"query": "a" * 2001}]
)
def test_it_says_what_is_wrong_with_a_view(visit, alma, wrong):
    told = {"listing": "invoices", "name": "View", "query": "status=Paid"} | wrong

    page = visit(alma).post("/views/add/", told)

    assert page.status == 422
    assert page.all(".errorlist")
    assert not SavedView.objects.exists()


def test_it_keeps_nothing_of_an_address_but_parameters(visit, alma):
    query = 'q=<script>"&%22onclick=1&status=Paid&javascript:alert(1)=2'

    visit(alma).post("/views/add/", {"listing": "invoices", "name": "<b>View</b>", "query": query})

    assert SavedView.objects.get().query == "q=%3Cscript%3E%22&status=Paid"
    html = visit(alma).get("/invoices/").html
    assert "<b>View</b>" not in html
    assert '<script>"' not in html


def test_it_shows_a_shared_view_to_the_team_and_a_private_one_to_its_maker(visit, people, alma, acme):
    view(alma, "Shared", shared=True)
    view(alma, "Private")

    assert names(visit(people.member("Ben")).get("/invoices/")) == ["Shared by Alma"]
    assert names(visit(people.admin("Ada")).get("/invoices/")) == ["Shared by Alma"]
    assert names(visit(alma).get("/invoices/")) == ["Private", "Shared shared"]


def test_it_runs_a_shared_view_with_the_rights_of_its_reader(visit, people, rows, alma, hidden):
    rows.invoice(hidden, number="secret")
    view(people.admin("Ada"), "All", "sort=number", shared=True)
    browser = visit(alma)

    page = browser.click(browser.get("/invoices/"), "#views .view > a:first-child")

    assert "secret" not in page.html
    assert page.texts("td.name a") == []


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("All", "account={pk}"),
        ("Bills of hidden LTD", "status=Paid"),
        ("All", "q=Hidden+Ltd"),
        ("All", "q=Hidden%20Ltd"),
    ],
)
def test_it_shows_no_view_that_names_an_account_which_the_reader_may_not_see(
    visit, people, rows, alma, hidden, name, query
):
    ada = people.admin("Ada")
    view(ada, name, query.format(pk=hidden.pk), shared=True)
    view(ada, "Unhidden", "q=hidden", shared=True)
    browser = visit(alma)

    page = browser.get("/invoices/")

    assert names(page) == ["Unhidden by Ada"]
    assert str(hidden.pk) not in page.html
    assert "hidden ltd" not in page.html.lower()
    assert len(names(visit(people.admin("Eve")).get("/invoices/"))) == 2
    assert len(names(visit(people.billing("Bea")).get("/invoices/"))) == 2
    rows.key(alma, hidden, "Second")
    assert len(names(browser.get("/invoices/"))) == 2


@pytest.mark.parametrize(
    ("who", "shared", "status"),
    [
        ("maker", False, 200), ("maker", True, 200), ("admin", True, 200), ("admin", False, 404),
        ("member", True, 404), ("billing", True, 404),
    ],
)  # fmt: skip
def test_it_lets_its_maker_or_an_admin_change_it(visit, people, alma, who, shared, status):
    one = view(alma, shared=shared)
    role = who if who != "maker" else ""
    browser = visit(getattr(people, role)("Ben") if role else alma)

    assert browser.get(f"/views/{one.pk}/").status == status
    assert browser.get(f"/views/{one.pk}/delete/").status == status
    changed = browser.post(f"/views/{one.pk}/", {"name": "New", "shared": "on" if shared else ""})
    assert changed.status == (303 if status == 200 else 404)
    assert SavedView.objects.get().name == ("New" if status == 200 else "Late ones")
    assert SavedView.objects.get().owner == alma
    assert browser.post(f"/views/{one.pk}/delete/").status == (303 if status == 200 else 404)
    assert SavedView.objects.exists() == (status != 200)


def test_it_does_not_know_another_view(visit, alma):
    assert visit(alma).get(f"/views/{uuid4()}/").status == 404


def test_it_notes_in_the_audit_log_what_is_shared(visit, alma):
    browser = visit(alma)
    told = {"listing": "invoices", "name": "View", "query": "q=private-words"}

    browser.post("/views/add/", told | {"shared": "on"})
    pk = SavedView.objects.get().pk
    browser.post(f"/views/{pk}/", {"name": "View"})
    browser.post(f"/views/{pk}/", {"name": "View", "shared": "on"})
    browser.post(f"/views/{pk}/delete/")

    entries = AuditEntry.objects.filter(noun="saved_view").order_by("seq")
    assert [entry.act for entry in entries] == [
        Act.VIEW_SAVED, Act.VIEW_DELETED, Act.VIEW_SAVED, Act.VIEW_DELETED,
    ]  # fmt: skip
    assert {entry.target for entry in entries} == {"View"}
    assert "private-words" not in str([entry.details for entry in entries])


def test_it_asks_as_many_queries_for_many_views_as_for_few(visit, people, rows, alma, hidden):
    ada = people.admin("Ada")
    browser = visit(alma)

    def queries() -> int:
        with all_statements() as captured:
            browser.get("/invoices/")
        return len(captured)

    view(ada, shared=True)
    queries()
    few = queries()
    for n in range(30):
        view(ada, f"View {n}", shared=True)
        Account.objects.create(remote_uuid=f"more-{n}", name=f"More {n}", currency="EUR")
    queries()  # notes that the new accounts are watched
    assert queries() == few <= 12
