"""A page reads its user's rights once. They equal the rights read one by one, and are never older."""

from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.http import HttpResponse
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal import access
from portal.access import rights
from portal.middleware import RightsOnce
from portal.models import AccountPolicy, Grant, Role, User
from ultahost_api.models import Account, Refresh
from ultahost_api.models import accounts as account_models
from ultahost_api.refresh import schedule

PEOPLE = ("owner", "refused", "disabled", "operates", "views", "nothing", "billing", "pays", "admin")
ASKED = {
    name: getattr(access, name)
    for name in (
        "accounts_to_view", "accounts_to_operate", "accounts_to_pay", "accounts_with_invoices",
        "services_to_view", "domains_to_view", "orders_to_view", "quotes_to_view", "emails_to_view",
        "invoices_to_view", "invoices_to_pay", "events_to_view", "operations_to_view",
    )
}  # fmt: skip


@pytest.fixture
def team(people, rows):
    """One person for each case in docs/access.md, with an open account and a private one."""
    roles = {"billing": Role.BILLING, "pays": Role.BILLING, "admin": Role.ADMIN}
    team = {name: getattr(people, roles.get(name, Role.MEMBER))(name) for name in PEOPLE}
    for number, name in enumerate(("Open", "Private")):
        account = rows.account(name)
        AccountPolicy.objects.create(account=account, private=name == "Private")
        for noun in ("service", "domain", "order", "quote", "email", "invoice"):
            rows.event(getattr(rows, noun)(account))
        rows.operation(rows.key(team["owner"], account, name))
        rows.key(team["refused"], account, name, refused_at=timezone.now())
        rows.key(team["disabled"], account, name, disabled_at=timezone.now())
        if number:
            for person, level in (("operates", "operate"), ("pays", "operate"), ("views", "view")):
                Grant.objects.create(user=team[person], account=account, level=level, given_by=team["admin"])
    rows.account("Without a key")
    return team


def seen(person):
    return {name: set(ask(person).values_list("pk", flat=True)) for name, ask in ASKED.items()}


@pytest.mark.parametrize("is_active", [True, False])
@pytest.mark.parametrize("name", PEOPLE)
def test_it_shows_what_asking_one_by_one_shows(team, name, is_active, monkeypatch):
    person = team[name]
    person.is_active = is_active
    one_by_one = seen(person)
    with access.known_rights(person):
        assert seen(person) == one_by_one
        assert {account.pk for account in access.accounts_to_view(person)} == one_by_one["accounts_to_view"]
        monkeypatch.setattr(rights, "MOST_IDS", 0)  # as for a person who sees very many
        monkeypatch.setattr(account_models, "MOST_IDS", 0)
        assert seen(person) == one_by_one


def test_it_asks_for_rights_once_in_a_page(visit, people, rows, acme):
    alma = people.member("Alma")
    rows.key(alma, acme)
    rows.invoice(acme)
    browser = visit(alma)
    browser.get("/invoices/")
    with CaptureQueriesContext(connection) as captured:
        browser.get("/invoices/")
    rules = [one["sql"] for one in captured if '"portal_grant"' in one["sql"]]
    assert len(rules) == 1


def test_it_asks_nothing_for_an_admin_whose_accounts_are_all(people, rows, acme):
    ada = people.admin("Ada")
    with access.known_rights(ada), CaptureQueriesContext(connection) as captured:
        access.invoices_to_view(ada).count()
    assert len(captured) == 1
    assert "account_id" not in captured[0]["sql"]


def test_it_shows_a_grant_at_the_next_click_and_takes_it_away_at_the_one_after(visit, people, rows, acme):
    vera, ada = people.member("Vera"), people.admin("Ada")
    service = rows.service(acme, domain="shop.example")
    browser = visit(vera)
    assert not browser.get("/services/").all("#services td.name")
    grant = Grant.objects.create(user=vera, account=acme, given_by=ada)
    assert browser.get("/services/").texts("#services td.name a") == ["shop.example"]
    assert browser.get(f"/services/{service.pk}/").status == 200
    grant.delete()
    assert not browser.get("/services/").all("#services td.name")
    assert browser.get(f"/services/{service.pk}/").status == 404


def asked_twice(request, between):
    """The accounts that the request's user sees before and after ``between`` runs in the request."""
    found = []

    def page(request):
        found.append({account.name for account in access.accounts_to_view(request.user)})
        between(request.user)
        found.append({account.name for account in access.accounts_to_view(request.user)})
        return HttpResponse()

    RightsOnce(page)(request)
    return found


def request_of(method, person):
    request = getattr(RequestFactory(), method)("/")
    request.user = User.objects.get(pk=person.pk)
    return request


def test_it_is_fresh_within_a_request_that_changes_something(people, acme):
    vera, ada = people.member("Vera"), people.admin("Ada")

    def grant(user):
        Grant.objects.create(user=user, account=acme, given_by=ada)

    assert asked_twice(request_of("post", vera), grant) == [set(), {"Acme"}]


def test_it_is_fresh_once_the_page_is_made(people, acme):
    vera, ada = people.member("Vera"), people.admin("Ada")
    request = request_of("get", vera)
    asked_twice(request, lambda user: None)
    Grant.objects.create(user=vera, account=acme, given_by=ada)
    assert access.accounts_to_view(request.user).get() == acme


def test_it_shares_nothing_between_two_requests_of_one_person(people, acme):
    vera, ada = people.member("Vera"), people.admin("Ada")
    told = []

    def another_request(user):
        Grant.objects.create(user=user, account=acme, given_by=ada)
        told.extend(asked_twice(request_of("get", vera), lambda user: None))

    asked_twice(request_of("get", vera), another_request)
    assert told == [{"Acme"}, {"Acme"}]


def test_it_keeps_no_right_of_an_admin_who_was_demoted(people, acme):
    ada = people.admin("Ada")
    assert asked_twice(request_of("get", ada), lambda user: None) == [{"Acme"}, {"Acme"}]
    ada.role = Role.MEMBER
    ada.save()
    assert asked_twice(request_of("get", ada), lambda user: None) == [set(), set()]


def test_it_leaves_those_alone_who_are_not_signed_in():
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    assert RightsOnce(lambda request: HttpResponse())(request).status_code == 200


def test_it_works_with_more_accounts_than_a_statement_may_name(people, rows, acme):
    mia = people.member("Mia")
    rows.key(mia, acme)
    invoice = rows.invoice(acme)
    Account.objects.bulk_create(
        Account(remote_uuid=str(uuid4()), name=f"Account {n}", currency="EUR") for n in range(33_000)
    )
    if (
        connection.vendor == "postgresql"
    ):  # by the figures of an empty table it may plan a join that takes minutes
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    with access.known_rights(mia):
        everything = access.accounts_with_invoices(mia)
        assert len(everything) == 33_001
        assert access.invoices_to_view(mia).get() == invoice
        assert not Refresh.objects.of(everything).exists()
        schedule.watch(everything)
    assert Account.objects.filter(watched_until=None).count() == 0
