"""A renewal that an open invoice asks for counts once, whichever cycle after the due date it is of."""

from datetime import date

import pytest

from tests.portal.test_agenda import RENEWAL, bill, day_sums, entries, today, vps  # noqa: F401
from ultahost_api.models import InvoiceItem

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("noun", ["service", "domain"])
@pytest.mark.parametrize("dues", [[(2026, 12, 14)], [(2026, 11, 12), (2026, 12, 14)]])
def test_who_pays_late_is_not_asked_twice(browser, rows, acme, vps, noun, dues):  # noqa: F811
    """The due date stays that of the unpaid month, while the invoice of the next one is there."""
    told = {"registration_period": 1, "recurring_amount": "10"}
    if noun == "service":
        thing = vps(domain="shop.example.com", next_due_date=date(2026, 11, 10))
    else:
        thing = rows.domain(acme, name="d.com", next_due_date=date(2025, 12, 10), **told)
    for due in dues:
        invoice = bill(rows, acme, due_date=date(*due))
        InvoiceItem.objects.create(invoice=invoice, position=0, **RENEWAL | {noun: thing})

    page = browser.get("/agenda/")

    assert sum("renews Invoiced" in one for one in entries(page)) == 1
    expected = ["€10.00 expected"] * 2 if noun == "service" else []  # January and February
    assert day_sums(page) == ["", "€10.00", *expected]
