"""Open invoices without a due date: on no day of the agenda, which says so and leads to them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.models import AccountPolicy

pytestmark = pytest.mark.django_db

SAYS = "2 open invoices have no due date, so they are on no day."


@pytest.fixture
def bills(rows, acme):
    rows.invoice(acme, number="never", total="5", due_date=None)
    rows.invoice(acme, number="odd", total="5", due_date=None, unreadable={"due_date": "soon"})
    rows.invoice(acme, number="due", total="5", due_date=timezone.localdate() + timedelta(days=3))
    rows.invoice(acme, number="paid", total="5", status="Paid", due_date=None)
    rows.invoice(acme, number="credit", total="-5", due_date=None)


@pytest.mark.parametrize("query", ["", "?view=month", "?account={}"])
def test_the_agenda_leads_to_them(browser, acme, bills, query):
    page = browser.get(f"/agenda/{query.format(acme.pk)}")

    [link] = [one for one in page.all("main a") if one.text == SAYS]
    listed = browser.get(link["href"])

    assert sorted(listed.texts("td.name a")) == ["never", "odd"]
    assert "Due: No due date" in listed.texts(".pills li")
    assert len(browser.get(link["href"].replace("/invoices/", "/invoices.csv")).csv()) == 2


def test_it_counts_none_of_another_account(browser, rows, bills):
    other = rows.account("Other")
    AccountPolicy.objects.create(account=other, private=True)
    rows.invoice(other, total="5", due_date=None)

    assert SAYS in browser.get("/agenda/").html


def test_it_is_silent_without_any(browser, rows, acme):
    rows.invoice(acme, total="5", due_date=timezone.localdate())

    assert "no due date" not in browser.get("/agenda/").html
