"""The page of the team's saved nameserver sets."""

import pytest

from portal.models import Act, AuditEntry, Grant, NameserverSet

pytestmark = pytest.mark.django_db


@pytest.fixture
def alma(people, rows):
    alma = people.member("Alma")
    rows.key(alma, rows.account("Acme"))
    return alma


@pytest.fixture
def ours():
    return NameserverSet.objects.create(name="Ours", servers=["ns1.example.net", "ns2.example.net"])


def test_it_lists_them_with_their_servers(browser, ours):
    page = browser.get("/nameservers/")
    assert page.texts("tbody td.name") == ["Ours"]
    assert page.texts("tbody td.why") == ["ns1.example.net, ns2.example.net"]
    assert browser.get("/labels/").one("main a[href=/nameservers/]")


def test_it_adds_one_in_any_shape(browser):
    sent = {"name": "Cloud", "servers": "NS1.Example.net., ns2.example.net"}
    assert browser.post("/nameservers/add/", sent).leads_to == "/nameservers/"
    assert NameserverSet.objects.get().servers == ["ns1.example.net", "ns2.example.net"]
    assert AuditEntry.objects.filter(act=Act.ENTRY_SAVED, target="Cloud").exists()


def test_one_begins_with_the_name(browser):
    assert browser.get("/nameservers/add/").one("[autofocus]")["name"] == "name"


def test_it_changes_name_and_servers(browser, ours):
    path = f"/nameservers/{ours.pk}/"
    assert browser.get(path).one("textarea").text.split() == ours.servers
    browser.post(path, {"name": "Theirs", "servers": "a.example.net b.example.net"})
    saved = NameserverSet.objects.get()
    assert (saved.pk, saved.name, saved.servers) == (ours.pk, "Theirs", ["a.example.net", "b.example.net"])


@pytest.mark.parametrize(
    ("name", "servers"), [("", "a.example b.example"), ("Other", "a.example b.example"), ("X", "a.example")]
)
def test_it_takes_no_other(browser, ours, name, servers):
    NameserverSet.objects.create(name="Other", servers=[])
    assert browser.post(f"/nameservers/{ours.pk}/", {"name": name, "servers": servers}).status == 422
    assert NameserverSet.objects.get(pk=ours.pk).name == "Ours"


def test_it_deletes_one_after_asking(browser, ours):
    path = f"/nameservers/{ours.pk}/delete/"
    assert "Domains keep the nameservers that were set with it." in browser.get(path).html
    browser.post(path)
    assert not NameserverSet.objects.exists()
    assert AuditEntry.objects.filter(act=Act.ENTRY_DELETED, target="Ours").exists()


def test_it_is_for_those_who_operate_an_account(visit, people, alma, ours):
    ben = people.member("Ben")
    Grant.objects.create(user=ben, account=alma.api_keys.get().account, level="view", given_by=alma)
    for path in ("", "add/", f"{ours.pk}/", f"{ours.pk}/delete/"):
        assert visit(ben).get(f"/nameservers/{path}").status == 404
    assert visit(ben).get("/labels/").all("main a[href=/nameservers/]") == []
