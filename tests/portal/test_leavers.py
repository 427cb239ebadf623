from threading import Event, Thread

import pytest
from django.db import connection, transaction

from portal import access, audit
from portal.models import Act, AuditEntry, Grant
from ultahost_api.models import ApiKey

NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def alma(people):
    return people.member("Alma")


@pytest.fixture
def browser(visit, dana):
    return visit(dana)


@pytest.fixture
def held(people, rows, alma):
    """Two accounts of Alma's: one that Ben has a key to as well, one that a former member had."""
    shared, alone = rows.account("Shared"), rows.account("Alone")
    rows.key(alma, shared, "First")
    rows.key(alma, alone, "Second")
    rows.key(people.member("Ben"), shared)
    rows.key(people.member("Former", is_active=False), alone)
    return shared, alone


def path(person):
    return f"/people/{person.pk}/leaves/"


def said(page):
    return page.texts(".toast[data-hue] .words")


def test_it_says_before_what_will_happen_and_changes_nothing(browser, held, alma):
    page = browser.get(path(alma))

    assert page.one("main form button").text == "Suspend access and keys"
    assert page.texts("[aria-labelledby=accounts] li") == ["Another person has added a key to Alone"]
    assert len(page.all("[aria-labelledby=keys] li")) == 2
    alma.refresh_from_db()
    assert alma.is_active
    assert ApiKey.objects.active().filter(owner=alma).count() == 2


def test_it_freezes_sessions_sign_in_and_keys_in_one_click(browser, visit, held, alma):
    theirs = visit(alma)

    page = browser.follow(browser.post(path(alma)))

    assert said(page) == ["Alma is suspended: sessions ended, sign-in blocked, keys disabled."]
    assert theirs.get("/").status == 302
    (again := visit()).post("/sign-in/", {"login": alma.email, "password": "correct horse battery"})
    assert again.get("/").status == 302
    assert not ApiKey.objects.active().filter(owner=alma).exists()
    assert ApiKey.objects.active().count() == 2


def test_it_says_afterwards_what_is_left_to_do(browser, held, alma):
    page = browser.follow(browser.post(path(alma)))

    keys = ApiKey.objects.filter(owner=alma)
    lines = page.texts("[aria-labelledby=keys] li label")
    assert lines == [f"{key.account}: “{key.label}”, …{key.last_four}" for key in keys]
    assert [link["href"] for link in page.all("[aria-labelledby=keys] li a")] == [
        f"/keys/{k.pk}/" for k in keys
    ]
    assert page.texts("[aria-labelledby=accounts] li") == ["Another person has added a key to Alone"]
    assert page.all("main form") == []
    assert page.one("button[data-print]")


def test_it_leaves_off_the_list_what_was_removed(browser, held, alma):
    browser.post(path(alma))

    for key in ApiKey.objects.filter(owner=alma):
        browser.post(f"/keys/{key.pk}/remove/")

    page = browser.get(path(alma))
    assert page.all("main li") == []
    assert "has no key here" in page.one("[aria-labelledby=keys]").parent.text


def test_it_says_which_grants_were_given_and_held(browser, people, rows, held, dana, alma):
    shared, alone = held
    mia = people.member("Mia")
    Grant.objects.create(user=mia, account=alone, level="operate", given_by=alma)
    Grant.objects.create(user=alma, account=rows.account("Third"), level="view", given_by=dana)
    Grant.objects.create(user=mia, account=shared, level="view", given_by=dana)

    for page in (browser.get(path(alma)), browser.follow(browser.post(path(alma)))):
        assert page.texts("[aria-labelledby=grants] li label") == [
            "Alone: Operate, given to Mia", "Third: View, given by Dana",
        ]  # fmt: skip
    assert page.all("[aria-labelledby=grants] li a")[0]["href"] == f"/accounts/{alone.pk}/#reach"


def test_it_leaves_what_the_leaver_gave_in_force_and_kills_what_they_held(
    browser, visit, people, rows, held, dana, alma
):
    _shared, alone = held
    mia, third = people.member("Mia"), rows.account("Third")
    Grant.objects.create(user=mia, account=alone, level="view", given_by=alma)
    Grant.objects.create(user=alma, account=third, level="operate", given_by=dana)
    hers = visit(alma)
    assert hers.get(f"/accounts/{third.pk}/").status == 200

    browser.post(path(alma))

    assert visit(mia).get(f"/accounts/{alone.pk}/").status == 200
    assert hers.get(f"/accounts/{third.pk}/").status == 302
    alma.refresh_from_db()
    assert not access.accounts_to_view(alma).exists()
    assert not access.accounts_to_operate(alma).exists()


@pytest.mark.django_db(transaction=True)
def test_it_gets_along_with_whoever_writes_to_the_log_meanwhile(dana, alma):
    """The one holds admins and wants the log, the other the log and refers to an admin."""
    frozen, written = Event(), Event()

    def write():
        frozen.wait(30)
        audit.record(dana, Act.EXPORTED)
        written.set()
        connection.close()

    writer = Thread(target=write)
    writer.start()
    with transaction.atomic():
        alma.deactivate()
        frozen.set()
        written.wait(1)  # where one may write at a time, this is in vain
        audit.record(dana, Act.PERSON_DEACTIVATED, alma)
    writer.join(30)

    assert written.is_set()
    assert {entry.act for entry in AuditEntry.objects.all()} == {Act.EXPORTED, Act.PERSON_DEACTIVATED}


def test_it_never_freezes_the_last_admin(browser, rows, dana):
    rows.key(dana, rows.account())

    page = browser.follow(browser.post(path(dana)))

    assert said(page) == ["Dana is the last admin. Make another person an admin first."]
    assert ApiKey.objects.active().count() == 1
    assert browser.get("/people/").status == 200


def test_it_wants_to_know_who_the_admin_is(visit, dana, held, alma):
    browser = visit(dana, proven=False)

    assert browser.post(path(alma)).leads_to.startswith("/sign-in/again/")
    alma.refresh_from_db()
    assert alma.is_active


@pytest.mark.parametrize("role", ["member", "billing"])
def test_it_is_not_there_for_anybody_but_admins(visit, people, alma, role):
    other = visit(getattr(people, role)("Other"))

    assert (other.get(path(alma)).status, other.post(path(alma)).status) == (404, 404)


def test_it_answers_nobody_else(browser, visit, alma):
    assert browser.get(f"/people/{NOBODY}/leaves/").status == 404
    assert visit().get(path(alma)).leads_to == f"/sign-in/?next={path(alma)}"
    assert browser.client.put(path(alma)).status_code == 405
