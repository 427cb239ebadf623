"""Switching kinds of e-mail for many selected contacts at once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.forms.addresses import MAILS
from portal.live_reads import reading
from portal.models import Grant
from tests.portal.selected import form_of, work
from ultahost_api import operations
from ultahost_api.models import Operation
from ultahost_api.sandbox import Fault

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme(sandbox):
    acme = sandbox.add_account("Acme", "EUR")
    for first in ("Ann", "Bob", "Cleo"):
        acme.add_contacts(
            1, firstname=first, lastname="Smith", email=f"{first.lower()}@example.com",
            invoiceemails=1, domainemails=0,
        )  # fmt: skip
    return acme


@pytest.fixture
def alma(people):
    return people.member("Alma")


@pytest.fixture
def account(alma, acme, add_key):
    return add_key(alma, acme).account


@pytest.fixture
def browser(visit, alma, account):
    return visit(alma)


def select(browser, account, *ids, **others):
    return browser.post(f"/contacts/{account.pk}/mails/", {"row": [str(one) for one in ids], **others})


def confirm(browser, account, *ids, **entered):
    typed = dict.fromkeys(MAILS, "keep") | entered
    return browser.post(f"/contacts/{account.pk}/mails/", form_of(select(browser, account, *ids), **typed))


def kinds(acme, name):
    return [int(one[name]) for one in acme.contacts.values()]


def test_it_is_offered_in_the_list_to_those_who_may_operate(visit, people, browser, alma, account):
    page = browser.get("/contacts/?live=1")
    assert len(page.all("td.pick input[form=switch-mails]")) == 3
    assert page.one("#switch-mails")["action"] == f"/contacts/{account.pk}/mails/"
    ben = people.member("Ben")
    Grant.objects.create(user=ben, account=account, level="view", given_by=alma)
    assert visit(ben).get("/contacts/?live=1").all("td.pick, .bulk") == []
    assert select(visit(ben), account, 1).status == 404


def test_it_asks_and_switches_those_kinds_alone(browser, account, acme):
    page = select(browser, account, *acme.contacts)
    assert page.one("h1").text == "Switch e-mails of 3 contacts"
    assert sorted(page.texts("main td.name")) == ["Ann Smith", "Bob Smith", "Cleo Smith"]
    assert page.texts(".matrix thead th") == ["Leave as it is", "On", "Off"]
    assert len(page.all(".matrix tbody tr")) == len(MAILS)
    assert page.one(".matrix input[name=invoiceemails][checked]")["value"] == "keep"

    page = browser.follow(confirm(browser, account, *acme.contacts, invoiceemails="0", supportemails="1"))
    work()

    assert kinds(acme, "invoiceemails") == [0, 0, 0]
    assert kinds(acme, "supportemails") == [1, 1, 1]
    assert kinds(acme, "domainemails") == [0, 0, 0]
    assert {*Operation.objects.first().parameters} == {"contactid", "invoiceemails", "supportemails"}
    page = browser.get(page.path)
    assert page.texts("main td.state") == ["Done"] * 3
    assert page.texts("main td.name a") == ["Ann Smith", "Bob Smith", "Cleo Smith"]


def test_it_wants_one_kind_at_least(browser, account, acme):
    page = confirm(browser, account, *acme.contacts)
    assert page.status == 422
    assert "Turn at least one kind of e-mail on or off." in page.one("main .errorlist").text
    assert Operation.objects.count() == 0


def test_it_takes_all_that_the_search_finds(browser, account, acme):
    page = select(browser, account, all="1", q="cleo")
    assert page.texts("main td.name") == ["Cleo Smith"]


def test_it_leaves_out_a_contact_that_is_gone(browser, account, acme):
    gone, *others = acme.contacts
    del acme.contacts[gone]
    page = select(browser, account, gone, *others)
    assert form_of(page)["row"] == [str(one) for one in others]
    assert page.one("section[aria-labelledby=left-out] td.state").text == "It is no longer at Ultahost."


@pytest.mark.parametrize("wrong", ["nonsense", "-1", "1" * 30])
def test_it_does_not_find_what_is_no_number(browser, account, wrong):
    assert select(browser, account, wrong).status == 404


def test_it_continues_after_an_unknown_result_and_tries_again_what_was_refused(
    browser, account, acme, sandbox
):
    """What is set may be seen by reading, so that the rest of the account is sent."""
    sandbox.faults.add(Fault.status(400, "Not today."), action="update_contact")
    sandbox.faults.add(Fault.drop(), action="update_contact")
    page = browser.follow(confirm(browser, account, *acme.contacts, domainemails="1"))
    work()
    assert sorted(browser.get(page.path).texts("main td.state")) == ["Done", "Refused", "Unknown"]

    again = browser.post(f"{page.path}retry/")
    assert again.leads_to == f"/contacts/{account.pk}/mails/"
    asked = browser.follow(again)
    refused = Operation.objects.get(state="refused")
    assert form_of(asked)["row"] == [str(refused.remote_id)]
    assert asked.one("input[name=domainemails][checked]")["value"] == "1"


def test_it_sends_nothing_while_the_list_cannot_be_read(browser, account, acme, sandbox):
    sent = form_of(select(browser, account, *acme.contacts), invoiceemails="0")
    reading.forget(account, "contacts")
    sandbox.faults.add(Fault.status(400, "No"), action="get_contacts", times=None)
    page = browser.post(f"/contacts/{account.pk}/mails/", sent)
    assert "Ultahost refused this." in page.html
    assert Operation.objects.count() == 0


def test_a_worker_that_dies_while_it_sends_holds_the_rest_up_for_seconds(browser, account, acme):
    confirm(browser, account, *acme.contacts, invoiceemails="0")
    first = Operation.objects.filter(place=0)
    first.update(state="sending", sent_at=timezone.now())
    assert operations.waiting_batches() == []

    first.update(sent_at=timezone.now() - timedelta(seconds=11))
    work()

    told = [str(state) for state in Operation.objects.order_by("place").values_list("state", flat=True)]
    assert told == ["sending", "done", "done"]
