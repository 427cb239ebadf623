"""Nameservers and lock of all domains at once, as the portal last set them."""

import pytest

from portal.models import User

pytestmark = pytest.mark.django_db

SET = {"action": "update_nameservers", "parameters": {"ns1": "a.example.net", "ns2": "b.example.net"}}


@pytest.fixture
def domains(rows, alma, acme):
    key = alma.api_keys.get()
    names = ("locked", "open", "unknown", "untouched")
    made = {name: rows.domain(acme, name=f"{name}.example") for name in names}
    for name, state, *locks in (
        ("locked", "done", "unlocked", "locked"),
        ("open", "confirmed", "unlocked"),
        ("unknown", "unknown", "locked"),
        ("untouched", "refused", "locked"),
    ):
        about = f"domain {made[name].remote_id}"
        for lock in locks:
            told = {"action": "manage_domain_lock", "parameters": {"lockstatus": lock}}
            rows.operation(key, about=about, state=state, **told)
    rows.operation(key, about=f"domain {made['locked'].remote_id}", **SET)
    return made


def test_the_file_tells_them(browser, domains):
    lines = {line[1]: line for line in browser.get("/domains.csv").csv()}

    assert {name: line[15:17] for name, line in lines.items()} == {
        "locked.example": ["a.example.net b.example.net", "Locked"],
        "open.example": ["", "Unlocked"],
        "unknown.example": ["", "Locked (sent from here; result unknown)"],
        "untouched.example": ["", ""],
    }


def test_the_list_shows_them_where_a_person_chose_so(browser, alma, domains, django_assert_max_num_queries):
    User.objects.filter(pk=alma.pk).update(columns={"domains": ["name", "lock"]})
    browser.get("/domains/?sort=name")

    with django_assert_max_num_queries(12):
        page = browser.get("/domains/?sort=name&size=25")

    rows = sorted(row.text for row in page.all("#domains tbody tr"))
    assert rows[:2] == ["locked.exampleLocked", "open.exampleUnlocked"]


def test_of_another_account_they_tell_nothing(visit, rows, people, domains):
    """Two accounts may have a domain of the same number."""
    other = rows.account("Other")
    rows.key(people.member("Ben"), other)
    twin = rows.domain(other, name="twin.example")
    type(twin).objects.filter(pk=twin.pk).update(remote_id=domains["locked"].remote_id)

    lines = {line[1]: line for line in visit(people.admin("Dana")).get("/domains.csv").csv()}

    assert lines["twin.example"][15:17] == ["", ""]
    assert lines["locked.example"][16] == "Locked"
