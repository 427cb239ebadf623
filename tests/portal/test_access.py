"""The table of rights: who sees which account, row and key."""

import inspect
from types import SimpleNamespace

import pytest
from django.http import Http404, HttpResponse
from django.utils import timezone

from portal import access
from portal.models import AccountPolicy, Grant, Role
from ultahost_api import keys, models
from ultahost_api.models import Account, ApiKey, Domain, Email, Event, Invoice, Order, Quote, Service

PEOPLE = ("owner", "operate", "view", "member", "billing", "admin")


@pytest.fixture
def acme(db):
    """An account with one row of each noun."""
    account = Account.objects.create(remote_uuid="acme", name="Acme", currency="EUR")
    for model in (Service, Domain, Invoice, Order, Quote, Email):
        model.objects.create(account=account, remote_id=1)
    for noun in ("services", "invoices"):
        Event.objects.create(account=account, noun=noun, kind="changed")
    return account


@pytest.fixture
def beta(db):
    """Another account, with which nobody has anything to do."""
    account = Account.objects.create(remote_uuid="beta", name="Beta", currency="USD")
    for model in (Service, Domain, Invoice):
        model.objects.create(account=account, remote_id=1)
    return account


@pytest.fixture
def give_key():
    def give(owner, account, label="Main"):
        key = ApiKey(owner=owner, account=account, label=label, verified_at=timezone.now())
        key.put(f"sk_test_{owner.email}_{label}")
        key.save()
        return key

    return give


@pytest.fixture
def team(people, acme, give_key):
    """Everybody in the table's head, by what they are to Acme."""
    admin = people.admin("Ada")
    team = SimpleNamespace(
        owner=people.member("Olga"),
        operate=people.member("Otto"),
        view=people.member("Vera"),
        member=people.member("Mia"),
        billing=people.billing("Bill"),
        admin=admin,
    )
    team.key = give_key(team.owner, acme)
    for user, level in ((team.operate, Grant.Level.OPERATE), (team.view, Grant.Level.VIEW)):
        Grant.objects.create(user=user, account=acme, level=level, given_by=admin)
    return team


def sees(team, accounts, account):
    return {name for name in PEOPLE if account in accounts(getattr(team, name))}


def finds(get, user, row):
    try:
        return get(user, row.pk) == row
    except Http404:
        return False


def test_it_shows_services_and_domains_to_those_in_the_table(team, acme):
    assert sees(team, access.accounts_to_view, acme) == {"owner", "operate", "view", "admin"}


def test_it_lets_those_write_who_are_in_the_table(team, acme):
    assert sees(team, access.accounts_to_operate, acme) == {"owner", "operate", "admin"}


def test_it_shows_invoices_to_everybody(team, acme):
    assert sees(team, access.accounts_with_invoices, acme) == set(PEOPLE)


def test_it_hides_the_invoices_of_a_private_account_from_other_members_alone(team, acme):
    AccountPolicy.objects.create(account=acme, private=True)
    assert sees(team, access.accounts_with_invoices, acme) == set(PEOPLE) - {"member"}
    AccountPolicy.objects.update(private=False)
    assert sees(team, access.accounts_with_invoices, acme) == set(PEOPLE)


def test_it_gives_nobody_rights_on_an_account_of_others(team, beta):
    assert sees(team, access.accounts_to_view, beta) == {"admin"}
    assert sees(team, access.accounts_to_operate, beta) == {"admin"}
    AccountPolicy.objects.create(account=beta, private=True)
    assert sees(team, access.accounts_with_invoices, beta) == {"billing", "admin"}


NOUNS = {
    "services": (Service, access.services_to_view, access.service_to_view),
    "domains": (Domain, access.domains_to_view, access.domain_to_view),
    "invoices": (Invoice, access.invoices_to_view, access.invoice_to_view),
}


@pytest.mark.parametrize("noun", NOUNS)
@pytest.mark.parametrize("private", [False, True])
def test_it_finds_exactly_what_it_lists(team, acme, beta, noun, private):
    """What somebody may not see is missing from the list and a 404 by its id, both or neither."""
    if private:
        AccountPolicy.objects.create(account=acme, private=True)
        AccountPolicy.objects.create(account=beta, private=True)
    model, listed, found = NOUNS[noun]
    accounts = access.accounts_with_invoices if noun == "invoices" else access.accounts_to_view
    for name in PEOPLE:
        user = getattr(team, name)
        for row in model.objects.all():
            allowed = row.account in accounts(user)
            assert (row in listed(user)) == finds(found, user, row) == allowed


def test_it_says_the_same_of_what_is_hidden_and_what_is_not_there(team, acme):
    hidden, absent = Service.objects.get(account=acme).pk, acme.pk
    words = set()
    for service_id in (hidden, absent):
        with pytest.raises(Http404) as refusal:
            access.service_to_view(team.member, service_id)
        words.add(str(refusal.value))
    assert len(words) == 1


def test_it_lists_each_row_once_for_somebody_with_two_keys_and_a_grant(team, acme, give_key):
    give_key(team.owner, acme, "Second")
    Grant.objects.create(user=team.owner, account=acme, level=Grant.Level.OPERATE, given_by=team.admin)
    for listed in (access.services_to_view, access.domains_to_view, access.invoices_to_view):
        assert listed(team.owner).count() == 1
    assert access.accounts_to_view(team.owner).count() == 1


@pytest.mark.parametrize("end", [keys.disable, keys.remove])
def test_it_takes_the_rights_of_a_disabled_or_removed_key(team, acme, end):
    end(team.key)
    assert sees(team, access.accounts_to_view, acme) == {"operate", "view", "admin"}
    assert sees(team, access.accounts_to_operate, acme) == {"operate", "admin"}
    AccountPolicy.objects.create(account=acme, private=True)
    assert "owner" not in sees(team, access.accounts_with_invoices, acme)


@pytest.mark.parametrize("column", ["refused_at", "unreadable_at"])
def test_it_leaves_the_view_and_takes_the_writes_of_a_key_that_does_not_work(team, acme, column):
    ApiKey.objects.update(**{column: timezone.now()})
    AccountPolicy.objects.create(account=acme, private=True)
    assert "owner" in sees(team, access.accounts_to_view, acme)
    assert "owner" in sees(team, access.accounts_with_invoices, acme)
    assert "owner" not in sees(team, access.accounts_to_operate, acme)


def test_it_gives_nothing_for_a_key_that_is_not_verified(team, acme):
    ApiKey.objects.update(verified_at=None)
    assert "owner" not in sees(team, access.accounts_to_view, acme)


def test_it_keeps_what_another_key_or_a_grant_gives(team, acme, give_key):
    give_key(team.owner, acme, "Second")
    keys.remove(team.key)
    assert "owner" in sees(team, access.accounts_to_operate, acme)


@pytest.mark.parametrize("level", Grant.Level.values)
def test_it_gives_a_billing_user_no_services_whatever_they_hold(team, acme, give_key, level):
    Grant.objects.create(user=team.billing, account=acme, level=level, given_by=team.admin)
    give_key(team.billing, acme, "From before")
    for accounts in (access.accounts_to_view, access.accounts_to_operate):
        assert "billing" not in sees(team, accounts, acme)
    assert not access.keys_to_manage(team.billing).exists()


# All that lists rows for a person, so that none is forgotten here.
LISTS = [
    function
    for _name, function in inspect.getmembers(access, inspect.isfunction)
    if [*inspect.signature(function).parameters] == ["user"]
    and "QuerySet" in str(inspect.signature(function).return_annotation)
]


def test_it_knows_what_lists_rows():
    names = {function.__name__ for function in LISTS}
    assert {"accounts_to_pay", "events_to_view", "keys_to_manage", "people_to_manage"} <= names


@pytest.mark.parametrize("name", PEOPLE)
def test_it_gives_nothing_to_somebody_who_was_deactivated(team, acme, name):
    user = getattr(team, name)
    if name == "billing":
        Grant.objects.create(user=user, account=acme, level=Grant.Level.OPERATE, given_by=team.admin)
        assert access.accounts_to_pay(user).exists()
    user.is_active = False
    for listed in LISTS:
        assert not listed(user).exists(), listed.__name__


def test_it_shows_each_their_own_keys_and_an_admin_all(team, acme, give_key):
    other = give_key(team.member, acme)
    assert set(access.keys_to_manage(team.owner)) == {team.key}
    assert set(access.keys_to_manage(team.admin)) == {team.key, other}
    for user in (team.operate, team.view, team.billing):
        assert not access.keys_to_manage(user).exists()
    assert finds(access.key_to_manage, team.owner, team.key)
    assert finds(access.key_to_manage, team.admin, team.key)
    assert not finds(access.key_to_manage, team.owner, other)


def test_it_shows_no_removed_key(team):
    keys.remove(team.key)
    assert not finds(access.key_to_manage, team.owner, team.key)
    assert not finds(access.key_to_manage, team.admin, team.key)


def test_it_lets_admins_alone_look_after_people(team):
    assert {name for name in PEOPLE if access.people_to_manage(getattr(team, name)).exists()} == {"admin"}
    assert not finds(access.person_to_manage, team.member, team.member)


@pytest.mark.parametrize(
    ("gate", "allowed"),
    [(access.admin_only, {"admin"}), (access.key_holders_only, set(PEOPLE) - {"billing"})],
)
def test_it_hides_a_guarded_page_from_everybody_else(team, rf, gate, allowed):
    view = gate(lambda request: HttpResponse("in"))

    def opens(user):
        request = rf.get("/")
        request.user = user
        try:
            return view(request).content == b"in"
        except Http404:
            return False

    assert {name for name in PEOPLE if opens(getattr(team, name))} == allowed


def test_it_acts_at_once_on_a_changed_role(team, acme):
    team.billing.change_role(Role.MEMBER)
    team.member.change_role(Role.BILLING)
    AccountPolicy.objects.create(account=acme, private=True)
    seen = sees(team, access.accounts_with_invoices, acme)
    assert "billing" not in seen
    assert "member" in seen


def test_it_counts_invoices_of_an_account_with_two_keys_once(team, acme, give_key):
    give_key(team.member, acme)
    Invoice.objects.update(status="Unpaid", total="10.00", currency="EUR")
    for name in PEOPLE:
        (totals,) = access.invoices_to_view(getattr(team, name)).by_currency()
        assert str(totals.open) == "10.00"


def test_it_has_a_rule_for_the_rows_of_every_list():
    """Home and the search would leave out the rows of another one."""
    assert {*access.ROWS_TO_VIEW} == {*models.LISTS}
