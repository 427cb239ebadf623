"""Pages where no worker runs: they say so wherever they show an age."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ultahost_api.models import Heartbeat, Invoice, Refresh, Service

NO_WORKER = "Nothing is refreshed: the portal's worker does not run. Tell an admin."


@pytest.fixture
def alma(people, sandbox, add_key, read_everything):
    """Two accounts, which were read."""
    alma = people.member("Alma")
    for company in ("Acme", "Beta"):
        account = sandbox.add_account(company, "EUR")
        account.add_services(1)
        account.add_invoices(1)
        add_key(alma, account, company)
    read_everything()
    return alma


@pytest.fixture
def silence():
    """The last worker stopped five minutes ago; what has been due since is not done."""
    Heartbeat.objects.create(name="worker", beat_at=timezone.now() - timedelta(minutes=5))
    Refresh.objects.update(next_due_at=timezone.now() - timedelta(minutes=2))


def test_it_says_when_there_is_no_worker_to_refresh(visit, alma, silence):
    """It said "Queued to refresh" and turned its ring, for ever."""
    browser = visit(alma)
    Refresh.objects.update(next_due_at=timezone.now())
    browser.post("/refresh/services/")
    assert browser.get("/services/").one("#freshness .words").text == "Queued to refresh"

    Refresh.objects.filter(noun="services").update(next_due_at=timezone.now() - timedelta(minutes=2))
    page = browser.get("/services/")

    assert page.one("#freshness .words").text.endswith(NO_WORKER)
    assert page.all("#freshness svg") == []
    assert page.one("#freshness")["hx-trigger"].startswith("every 10s")


@pytest.mark.parametrize(
    "path", ["/", "/services/", "/invoices/", "/domains/", "/orders/", "/emails/", "/spend/", "/statements/"]
)
def test_it_says_so_without_a_click(visit, alma, silence, path):
    Refresh.objects.update(completed_at=timezone.now() - timedelta(hours=3))
    page = visit(alma).get(path)
    assert page.one("#freshness .words").text == f"Updated 3 hr ago. {NO_WORKER}"
    assert page.all("#freshness form") == []


def test_it_says_so_beside_details_that_a_worker_would_read(visit, alma, silence):
    service, browser = Service.objects.first(), visit(alma)
    path, now = f"/services/{service.pk}/", timezone.now()
    for read_at, words in (
        (None, NO_WORKER),
        (now - timedelta(hours=3), f"Details read 3 hr ago. {NO_WORKER}"),
        (now - timedelta(minutes=2), "Details read 2 min ago"),
    ):
        Service.objects.update(detailed_at=read_at, details_wanted_at=None)
        assert " ".join(browser.get(path).one(".details-age").text.split()) == words


def test_it_blames_no_worker_beside_details_while_nothing_is_late(visit, alma, silence):
    """As where the clock was put back, or a backup restored."""
    service = Service.objects.first()
    Service.objects.update(detailed_at=timezone.now() - timedelta(hours=3), details_wanted_at=None)
    Refresh.objects.update(next_due_at=timezone.now())
    told = visit(alma).get(f"/services/{service.pk}/").one(".details-age").text
    assert NO_WORKER not in told


def test_a_printed_invoice_tells_its_age_alone(visit, alma, silence):
    invoice = Invoice.objects.first()
    Invoice.objects.update(detailed_at=timezone.now() - timedelta(hours=3), details_wanted_at=None)
    browser = visit(alma)
    assert NO_WORKER in browser.get(f"/invoices/{invoice.pk}/").html
    page = browser.get(f"/invoices/{invoice.pk}/print/")
    assert page.one(".details-age").text.strip() == "Details read 3 hr ago"
    Invoice.objects.update(detailed_at=None)
    assert browser.get(f"/invoices/{invoice.pk}/print/").all(".details-age") == []


def test_it_tells_an_admin_what_to_do(visit, people, alma, silence):
    dana = visit(people.admin("Dana"))
    assert "No worker runs" in dana.get("/").one(".banner[data-hue=bad] .words").text
    assert visit(alma).get("/").all(".banner[data-hue=bad]") == []
    Heartbeat.objects.update(beat_at=timezone.now())
    assert dana.get("/").all(".banner[data-hue=bad]") == []


def test_it_looks_for_a_worker_once_on_a_page(visit, alma, silence):
    browser = visit(alma)
    browser.get("/accounts/")
    with CaptureQueriesContext(connection) as late:
        assert browser.get("/accounts/").html.count(NO_WORKER.split("'")[0]) == 2
    assert sum("heartbeat" in query["sql"] for query in late) == 1
    Refresh.objects.update(next_due_at=timezone.now() + timedelta(minutes=10))
    with CaptureQueriesContext(connection) as usual:
        browser.get("/accounts/")
    assert not any("heartbeat" in query["sql"] for query in usual)
