"""What an operator does to a service, seen at Ultahost and on the pages that follow."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from portal.models import Act, AuditEntry, Gateway, Grant, Product, ServiceCommand
from portal.wording import formats
from tests.portal.statements import all_statements
from ultahost_api.models import Invoice, Operation, Service
from ultahost_api.sandbox import Fault

PASSWORD = "a secret of nobody's 9"


@pytest.fixture
def acme(sandbox):
    account = sandbox.add_account("Acme", currency="EUR")
    account.add_services(domain="shop.example", product_name="Linux VPS Basic", billingcycle="Monthly")
    account.add_invoices(1, paymentmethod="stripe")
    return account


@pytest.fixture
def service(alma):
    return Service.objects.get()


@pytest.fixture
def reboot(db):
    return ServiceCommand.objects.create(name="reboot", words="Restart the server", dangerous=True)


@pytest.fixture
def remote(acme):
    """The service as Ultahost has it now."""
    return lambda: next(iter(acme.services.values()))


def path(service, rest=""):
    return f"/services/{service.pk}/{rest}"


def send(browser, path, **fields):
    return browser.post(path, browser.get(path).hidden | fields)


def cancel(browser, service, **fields):
    return send(browser, path(service, "cancel/"), **{"type": "End of Billing Period"} | fields)


def upgrade(browser, service, **fields):
    usual = {"product_id": "2", "cycle": "", "payment_method": "stripe", "knows": "on"}
    return send(browser, path(service, "upgrade/"), **usual | fields)


def actions(sandbox):
    return [done.action for done in sandbox.ledger]


# Cancelling


def test_it_says_what_a_cancellation_is_about_before_anything_is_sent(browser, service, sandbox):
    page = browser.get(path(service, "cancel/"))

    assert page.one("h1").text == "Request the cancellation of shop.example?"
    assert {"Acme", "shop.example · Linux VPS Basic", "€19.99 Monthly"} <= set(page.texts(".confirm dd"))
    assert "yours" in page.texts(".confirm dd")[-1]
    assert page.one(".banner .words").text
    assert sandbox.ledger == []


@pytest.mark.parametrize("kind", ["Immediate", "End of Billing Period"])
def test_it_requests_a_cancellation(browser, service, sandbox, remote, kind):
    page = browser.follow(cancel(browser, service, type=kind, reason="Moved away"))

    assert remote()["_cancellation"] == kind
    assert sandbox.ledger[0].parameters["cancellationreason"] == "Moved away"
    assert page.texts(".beneath .status") == ["Active", "Cancelling"]
    assert "Alma" in page.one(".banner .words").text
    assert not page.all(f"a[href={path(service, 'cancel/')}]")


@pytest.mark.parametrize(("days", "is_told"), [(14, True), (0, True), (-1, False), (None, False)])
def test_it_says_when_the_period_ends(browser, service, days, is_told):
    """A day that has passed, or is not known, tells nothing."""
    due = None if days is None else timezone.localdate() + timedelta(days=days)
    Service.objects.filter(pk=service.pk).update(next_due_date=due)

    page = browser.get(f"/services/{service.pk}/cancel/")

    words = (
        f"At the end of the billing period, {formats.day(due)}"
        if is_told
        else "At the end of the billing period"
    )
    assert " ".join(words.split()) in page.texts("main form label")


def test_it_requests_a_cancellation_once_however_often_the_form_is_sent(browser, service, sandbox):
    token = str(uuid4())

    pages = [cancel(browser, service, form_token=token) for _ in range(2)]

    assert [page.leads_to for page in pages] == [path(service)] * 2
    assert actions(sandbox) == ["request_cancellation"]
    assert "Requested the cancellation of" in browser.follow(pages[1]).texts("[role=status] .toast")[-1]


def test_it_refuses_a_second_cancellation(browser, service, sandbox):
    form = browser.get(path(service, "cancel/")).hidden
    cancel(browser, service)
    asked = len(sandbox.requests)

    again = browser.post(path(service, "cancel/"), form | {"form_token": uuid4(), "type": "Immediate"})

    words = "A cancellation has already been requested. Nothing was sent."
    assert again.texts(".errorlist.nonfield li") == [words]
    assert len(sandbox.requests) == asked
    assert Operation.objects.count() == 1
    assert browser.get(path(service, "cancel/")).leads_to == path(service)


def test_it_keeps_the_reason_and_quotes_ultahost_when_that_refuses(browser, service, remote):
    remote()["_cancellation"] = "Immediate"  # by somebody else, elsewhere

    page = cancel(browser, service, reason="Moved away")

    assert page.status == 422
    assert "existing request" in page.one(".errorlist.nonfield li").text
    assert "Nothing was changed" in page.one(".errorlist.nonfield li").text
    assert page.one("textarea").text == "Moved away"
    assert not browser.get(path(service)).all(".banner")


def test_it_marks_a_service_in_the_list_while_a_cancellation_is_pending(browser, service):
    assert browser.get("/services/").texts("td.state .status") == ["Active"]

    cancel(browser, service)

    assert browser.get("/services/").texts("td.state .status") == ["Active", "Cancelling"]


def test_it_marks_any_number_of_services_with_as_many_queries(
    browser, service, django_assert_num_queries, rows
):
    cancel(browser, service)
    browser.get("/services/")
    with all_statements() as few:
        browser.get("/services/")
    for number in range(20):
        rows.service(service.account, remote_id=1000 + number)

    with django_assert_num_queries(len(few)):
        browser.get("/services/")


def test_it_lets_an_operator_mark_a_cancellation_as_withdrawn(browser, service, sandbox):
    cancel(browser, service)
    asked = len(sandbox.requests)

    page = browser.follow(browser.post(path(service, "cancel/withdraw/")))

    assert page.texts(".beneath .status") == ["Active"]
    assert not page.all(".banner")
    assert page.all(f"a[href={path(service, 'cancel/')}]")
    assert len(sandbox.requests) == asked


def test_it_says_who_marked_a_cancellation_as_withdrawn(visit, people, browser, service):
    dana = people.admin("Dana")
    cancel(browser, service)
    visit(dana).post(path(service, "cancel/withdraw/"))
    browser.post(path(service, "cancel/withdraw/"))

    (entry,) = AuditEntry.objects.filter(act=Act.OPERATION_WITHDRAWN)
    assert (entry.who, entry.target_id) == ("Dana", str(Operation.objects.get().pk))

    shown = browser.get(f"/activity/{Operation.objects.get().pk}/")
    facts = dict(zip(shown.texts("main dt"), shown.texts("main dd"), strict=True))
    assert (facts["Who"], facts["Withdrawn by"]) == ("Alma", "Dana")
    assert browser.get("/activity.csv").csv()[0][-1] == "Dana"


def test_it_forgets_an_end_of_period_cancellation_once_the_due_date_has_moved_on(browser, service):
    cancel(browser, service)
    Service.objects.update(next_due_date=service.next_due_date + timedelta(days=31))

    assert browser.get(path(service)).texts(".beneath .status") == ["Active"]


def test_it_shows_a_cancellation_of_unknown_outcome_as_such(browser, service, sandbox, remote):
    sandbox.faults.add(Fault.drop(after_effect=True), action="request_cancellation")

    page = cancel(browser, service)

    operation = Operation.objects.get()
    assert page.leads_to == f"/activity/{operation.pk}/"
    assert remote()["_cancellation"]
    shown = browser.get(path(service))
    assert "result is unknown" in shown.one(".banner .words").text
    assert shown.one(".banner a")["href"] == page.leads_to
    browser.post(path(service, "cancel/withdraw/"))
    operation.refresh_from_db()
    assert operation.withdrawn_at is None


# A password


def test_it_sets_a_password_that_is_never_seen_again(browser, service, sandbox):
    page = send(browser, path(service, "password/"), password=PASSWORD)

    after = browser.follow(page)
    assert actions(sandbox) == ["service_reset_password"]
    assert f"Set a new password for {service}" in after.html
    operation = Operation.objects.get()
    assert "servicepassword" not in operation.parameters
    assert PASSWORD not in f"{vars(operation)}{after.html}{browser.get('/activity/').html}"


def test_it_neither_keeps_nor_tells_a_password_that_is_refused(browser, service, remote):
    remote()["_module"] = False

    page = send(browser, path(service, "password/"), password=PASSWORD)

    assert page.status == 422
    assert "no module" in page.one(".errorlist.nonfield li").text
    assert PASSWORD not in page.html


def test_it_wants_a_password_of_some_length(browser, service, sandbox):
    page = send(browser, path(service, "password/"), password="short")

    assert page.status == 422
    assert page.all(".errorlist li")
    assert sandbox.ledger == []
    assert "value" not in page.one("input[name=password]").attributes


def test_it_offers_to_make_a_password_in_the_browser(browser, service):
    page = browser.get(path(service, "password/"))

    field = page.one("input[name=password]")
    assert (field["type"], field["autocomplete"]) == ("password", "new-password")
    assert page.one("button[data-generate]")["data-generate"] == field["id"]
    assert page.one("meter[data-strength]")["data-strength"] == field["id"]


# Commands


def test_it_runs_a_command_of_the_catalogue(browser, service, reboot, sandbox):
    shown = browser.get(path(service))
    link = shown.one(f"a[href={path(service, f'run/{reboot.pk}/')}]")
    assert (link.text, "danger" in link["class"]) == ("Restart the server", False)

    page = browser.follow(send(browser, link["href"]))

    assert sandbox.ledger[0].parameters["func_name"] == "reboot"
    assert page.texts(".toast[data-hue] .words") == [f"Rebooted {service}"]


def test_it_shows_two_commands_and_keeps_the_rest_and_the_loss_under_more(browser, service, reboot):
    ServiceCommand.objects.create(name="console", words="Open a console")
    ServiceCommand.objects.create(name="stop", words="Stop it")

    page = browser.get(path(service))

    assert page.texts(".page-acts > a") == ["Open a console", "Restart the server"]
    assert page.texts(".page-acts .sheet a") == [
        "Stop it",
        "Set a new password",
        "Upgrade",
        "Request cancellation",
    ]
    assert page.texts(".page-acts .danger") == ["Request cancellation"]


@pytest.mark.parametrize(
    ("status", "offered"),
    [
        ("Active", {"password", "upgrade", "cancel"}),
        ("Something new", {"password", "upgrade", "cancel"}),
        ("Suspended", {"cancel"}),
        ("Pending", {"cancel"}),
        ("Terminated", set()),
        ("Cancelled", set()),
    ],
)
def test_it_offers_only_what_fits_the_status(browser, service, status, offered):
    type(service).objects.update(status=status)
    links = [link["href"] for link in browser.get(path(service)).all(".page-acts a")]
    assert {link.rstrip("/").rpartition("/")[2] for link in links} == offered


def test_it_offers_to_pay_what_a_suspended_service_waits_for(browser, service, rows):
    bill = rows.invoice(service.account, total=5, remote_id=900)
    bill.items.create(position=0, description="Hosting", service=service)
    type(service).objects.update(status="Suspended")
    page = browser.get(path(service))
    assert page.one(".page-acts a.primary")["href"] == f"/invoices/{bill.pk}/pay/"
    type(service).objects.update(status="Active")
    assert browser.get(path(service)).all(".page-acts a.primary") == []


def test_it_runs_a_command_once_however_often_its_form_is_sent(browser, service, reboot, sandbox):
    token = str(uuid4())

    for _ in range(2):
        send(browser, path(service, f"run/{reboot.pk}/"), form_token=token)

    assert actions(sandbox) == ["service_module_custom"]


def test_it_quotes_ultahost_when_that_does_not_allow_a_command(browser, service, sandbox):
    unknown = ServiceCommand.objects.create(name="selfdestruct", words="Self-destruct")

    page = send(browser, path(service, f"run/{unknown.pk}/"))

    assert page.status == 422
    assert "is not an allowed command" in page.one(".errorlist.nonfield li").text
    assert sandbox.ledger == []


def test_it_knows_no_other_commands(browser, service):
    assert browser.get(path(service, f"run/{uuid4()}/")).status == 404


# Upgrading


def test_it_orders_an_upgrade_and_says_what_it_comes_to(browser, service, remote):
    Product.objects.create(remote_id=2, name="Plus")

    page = browser.follow(upgrade(browser, service, product="2", product_id="", cycle="monthly"))

    assert remote()["product_name"] == "Linux VPS Plus"
    assert f"Ordered the upgrade of {service}, €15.00" in page.html


def test_it_calls_neither_way_to_name_the_product_optional(browser, service):
    Product.objects.create(remote_id=2, name="Plus")
    page = browser.get(path(service, "upgrade/"))
    assert page.texts(".field:not(.check) > label")[:2] == ["New product", "Or its product ID at Ultahost"]

    page = upgrade(browser, service, product_id="")
    assert page.one(".field:has([name=product]) .errorlist").text == "Choose a product or enter its ID."


def test_it_takes_a_product_id_that_is_not_in_the_catalogue(browser, service, remote):
    page = browser.get(path(service, "upgrade/"))
    assert not page.all("select[name=product]")

    upgrade(browser, service, product_id="5")

    assert remote()["product_name"] == "Dedicated Server X1"


def test_it_offers_the_gateways_of_the_account_and_of_the_admin(browser, service):
    Gateway.objects.create(name="banktransfer", words="Bank transfer")

    page = browser.get(path(service, "upgrade/"))

    assert page.texts("select[name=payment_method] option") == ["stripe", "Bank transfer"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"product_id": ""},
        {"product_id": "2", "product": "2"},
        {"knows": ""},
        {"payment_method": "shells"},
        {"cycle": "onetime"},
    ],
)
def test_it_orders_nothing_before_everything_is_clear(browser, service, sandbox, wrong):
    Product.objects.create(remote_id=2, name="Plus")

    page = upgrade(browser, service, **wrong)

    assert page.status == 422
    assert page.all(".errorlist li")
    assert sandbox.ledger == []


def test_it_keeps_what_was_chosen_when_ultahost_refuses_an_upgrade(browser, service):
    page = upgrade(browser, service, product_id="77")

    assert page.status == 422
    assert "newproductid is not a product" in page.one(".errorlist.nonfield li").text
    assert page.one("input[name=product_id]")["value"] == "77"


def test_it_leads_to_the_operation_of_an_upgrade_of_unknown_outcome(browser, service, sandbox):
    sandbox.faults.add(Fault.status(502, after_effect=True), action="upgrade_service")

    page = upgrade(browser, service)

    assert page.leads_to == f"/activity/{Operation.objects.get().pk}/"
    assert actions(sandbox) == ["upgrade_service"]


# Who, how, and when Ultahost is away

WRITES = ["cancel/", "password/", "upgrade/", "run/{command}/"]


@pytest.mark.parametrize("rest", WRITES)
def test_it_changes_nothing_while_ultahost_is_down(browser, service, reboot, sandbox, rest):
    sandbox.stop()
    where = path(service, rest.format(command=reboot.pk))
    fields = {"type": "Immediate", "password": PASSWORD, "product_id": "2"}

    page = send(browser, where, payment_method="stripe", knows="on", **fields)

    assert browser.get(where).status == 200
    assert page.status == 422
    assert "It was not sent, so nothing was changed" in page.one(".errorlist.nonfield li").text


@pytest.mark.parametrize("column", ["refused_at", "unreadable_at"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_it_says_that_the_key_does_not_work(browser, service, sandbox, column, method):
    """And not "not found": who reads it may act once the key is replaced."""
    service.account.keys.update(**{column: timezone.now()})
    page = getattr(browser, method)(path(service, "cancel/"))
    assert page.status == 403
    assert page.one("h1").text == "Your API key does not work"
    assert "Your API key for Acme does not work." in page.one("main .prose").text
    assert page.all("main .prose a")[0]["href"] == "/keys/"
    assert sandbox.ledger == []


@pytest.mark.parametrize("rest", WRITES)
def test_it_lets_those_who_only_look_do_nothing(visit, people, alma, service, reboot, sandbox, rest):
    viewer = people.member("Ben")
    Grant.objects.create(user=viewer, account=service.account, level="view", given_by=alma)

    page = send(visit(viewer), path(service, rest.format(command=reboot.pk)), type="Immediate")

    assert page.status == 404
    assert visit(viewer).get(path(service)).all(".page-acts a") == []
    assert sandbox.ledger == []


def test_it_acts_for_an_operator_with_a_key_of_the_account(visit, people, alma, service, sandbox):
    operator = people.member("Ben")
    Grant.objects.create(user=operator, account=service.account, level="operate", given_by=alma)

    page = visit(operator).get(path(service, "cancel/"))
    cancel(visit(operator), service)

    assert page.texts(".confirm dd")[-1].endswith("of Alma")
    assert Operation.objects.get().user == operator
    assert actions(sandbox) == ["request_cancellation"]


def test_it_withdraws_by_post_alone(browser, service):
    cancel(browser, service)

    assert browser.get(path(service, "cancel/withdraw/")).status == 405
    assert browser.get(path(service)).all(".banner")


def test_it_offers_nothing_on_a_service_that_is_gone(browser, service):
    Service.objects.update(gone_at=service.registration_date.isoformat() + "T00:00Z")

    assert browser.get(path(service)).all(".page-acts a") == []


@pytest.mark.parametrize(
    ("noun", "address"),
    [
        ("services", "clientarea.php?action=productdetails&id={}"),
        ("invoices", "viewinvoice.php?id={}"),
    ],
)
def test_it_links_to_the_client_area_where_that_is_set(browser, service, settings, noun, address):
    row = service if noun == "services" else Invoice.objects.get()
    assert "Open at Ultahost" not in browser.get(f"/{noun}/{row.pk}/").html

    settings.PORTAL_PROVIDER_URL = "https://bill.example.com"

    link = browser.get(f"/{noun}/{row.pk}/").one(".head .actions a[target=_blank]")
    assert link["href"] == f"https://bill.example.com/{address.format(row.remote_id)}"
    assert link["rel"] == "noopener noreferrer"
