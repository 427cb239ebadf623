"""Running a command of the catalogue on many selected services: one confirmation, one batch."""

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.models import Grant, ServiceCommand
from tests.portal.selected import form_of, work
from ultahost_api import operations, tasks
from ultahost_api.models import Operation, Service
from ultahost_api.sandbox import Fault

pytestmark = pytest.mark.django_db

State = Operation.State


@pytest.fixture
def accounts(sandbox):
    found = [sandbox.add_account(name, currency) for name, currency in [("Acme", "EUR"), ("Umbrella", "USD")]]
    for account in found:
        account.add_services(3, status="Active", productname="Linux VPS")
    return found


@pytest.fixture
def alma(people, add_key, accounts, read_everything):
    alma = people.member("Alma")
    for place, account in enumerate(accounts):
        add_key(alma, account, f"Key {place}")
    read_everything()
    Service.objects.update(product_name="Linux VPS")
    return alma


@pytest.fixture
def reboot(alma):
    return ServiceCommand.objects.create(name="reboot", words="Reboot", dangerous=True)


def every():
    return Service.objects.order_by("account__name", "domain", "product_name", "remote_id")


def select(browser, command, *services, **others):
    sent = {"row": [str(one.pk) for one in services], "next": "/services/?sort=due", **others}
    return browser.post(f"/services/selected/{command.pk}/", sent)


def confirm(browser, command, *services):
    return browser.post(f"/services/selected/{command.pk}/", form_of(select(browser, command, *services)))


def ran(sandbox):
    return sorted(done.target for done in sandbox.ledger if done.action == "service_module_custom")


class TestAsking:
    def test_it_is_offered_in_the_list_beside_labels(self, browser, reboot):
        page = browser.get("/services/")
        assert page.one(".bulk button[formaction]").text == "Reboot"
        assert page.one(".bulk button[formaction]")["formaction"] == f"/services/selected/{reboot.pk}/"
        assert page.all(".bulk [name=label]")

    def test_it_names_services_accounts_and_keys(self, browser, reboot):
        page = select(browser, reboot, *every())
        assert page.one("h1").text == "Reboot 6 services?"
        assert "The services will be briefly unavailable." in page.html
        facts = dict(zip(page.texts("main dt"), page.texts("main dd"), strict=True))
        assert facts["Acme"].startswith("3 services, with the key Key 0")
        assert facts["Time it takes"] == "less than a minute"

    def test_it_says_why_a_service_is_left_out(self, browser, reboot):
        suspended, other, *rest = every()
        Service.objects.filter(pk=suspended.pk).update(status="Suspended")
        Service.objects.filter(pk=other.pk).update(product_name="Mail")
        ServiceCommand.objects.update(products=["Linux VPS", "Windows VPS"])

        page = select(browser, reboot, *every())

        assert form_of(page)["row"] == [str(one.pk) for one in rest]
        why = page.texts("section[aria-labelledby=left-out] tbody td.state")
        assert sorted(why) == ["Its product does not have this command.", "Its status is Suspended."]

    def test_it_leaves_out_what_is_under_way_and_no_other_command(self, browser, reboot):
        start = ServiceCommand.objects.create(name="start", words="Start")
        one, two, *_ = every()
        confirm(browser, reboot, one)
        assert form_of(select(browser, reboot, one, two))["row"] == [str(two.pk)]
        assert len(form_of(select(browser, start, one, two))["row"]) == 2

    def test_it_takes_all_that_the_filter_finds(self, browser, reboot):
        account = every()[0].account
        page = select(browser, reboot, all="1", filter=f"account={account.pk}")
        assert page.one("h1").text == "Reboot 3 services?"

    def test_it_takes_no_service_that_one_may_only_view(self, visit, people, alma, reboot):
        ben = people.member("Ben")
        mine, theirs = every()[0], every()[5]
        Grant.objects.create(user=ben, account=mine.account, level="operate", given_by=alma)
        Grant.objects.create(user=ben, account=theirs.account, level="view", given_by=alma)
        assert select(visit(ben), reboot, mine).status == 200
        assert select(visit(ben), reboot, mine, theirs).status == 404
        assert Operation.objects.count() == 0


class TestSending:
    def test_it_runs_on_each_once_however_often_the_page_is_sent(self, browser, reboot, sandbox):
        sent = form_of(select(browser, reboot, *every()))
        first = browser.post(f"/services/selected/{reboot.pk}/", sent)
        work()
        second = browser.post(f"/services/selected/{reboot.pk}/", sent)
        work()

        assert first.leads_to == second.leads_to
        assert len(ran(sandbox)) == len(set(ran(sandbox))) == 6
        page = browser.follow(first)
        assert page.texts("main td.state") == ["Done"] * 6
        assert page.one("h1").text == "Reboot"

    def test_it_ends_the_rest_of_the_account_at_the_first_unknown(self, browser, reboot, sandbox):
        page = browser.follow(confirm(browser, reboot, *every()))
        sandbox.faults.add(Fault.drop(after_effect=True), action="service_module_custom")
        work()

        of = {one.name: [] for one in {service.account for service in every()}}
        for operation in Operation.objects.order_by("place").select_related("account"):
            of[operation.account.name].append(str(operation.state))
        assert sorted(of.values()) == [["done"] * 3, ["unknown", "not_sent", "not_sent"]]
        assert len(ran(sandbox)) == 4
        again = browser.post(f"{page.path}retry/")
        assert again.leads_to == f"/services/selected/{reboot.pk}/"
        assert len(form_of(browser.follow(again))["row"]) == 2

    def test_it_says_that_the_command_is_gone(self, browser, reboot):
        page = browser.follow(confirm(browser, reboot, *every()))
        operations.stop(Operation.objects.first().batch)
        reboot.delete()
        back = browser.follow(browser.post(f"{page.path}retry/"))
        assert "The catalogue no longer has this command." in back.html


class TestProducts:
    def test_it_is_offered_on_services_of_its_products_alone(self, browser, reboot):
        service = every()[0]
        path = f"/services/{service.pk}/run/{reboot.pk}/"
        for products, status in ([], 200), (["Linux VPS"], 200), (["Mail"], 404):
            ServiceCommand.objects.update(products=products)
            assert browser.get(path).status == status
            assert (path in browser.get(f"/services/{service.pk}/").html) == (status == 200)
            assert (path in browser.get(f"/search/?q=reboot+{service.domain}").html) == (status == 200)

    def test_an_admin_chooses_among_products_that_services_tell(self, visit, people, reboot):
        dana = visit(people.admin("Dana"))
        path = f"/catalogue/commands/{reboot.pk}/"
        assert "Linux VPS" in [box["value"] for box in dana.get(path).all("[name=products]")]
        sent = {"words": "Reboot", "name": "reboot", "products": ["Linux VPS"]}
        assert dana.post(path, sent).status == 303
        assert ServiceCommand.objects.get().products == ["Linux VPS"]
        assert dana.post(path, sent | {"products": ["Something else"]}).status == 422


def test_a_worker_that_dies_while_it_sends_leaves_it_unknown_and_the_rest_unsent(browser, reboot, sandbox):
    confirm(browser, reboot, *every()[:3])
    (batch,) = operations.waiting_batches()
    tasks.send_next(str(batch))
    second = Operation.objects.filter(place=1)
    second.update(state=State.SENDING, sent_at=timezone.now())
    assert operations.waiting_batches() == []

    second.update(sent_at=timezone.now() - timedelta(seconds=91))
    operations.abandon()
    work()

    told = [str(state) for state in Operation.objects.order_by("place").values_list("state", flat=True)]
    assert told == ["done", "unknown", "not_sent"]
    assert len(ran(sandbox)) == 1
