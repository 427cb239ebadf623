"""Periods on the page Spend: of renewals that are compared, and of months in files."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.portal.test_spend import table
from tests.portal.test_spend_sums import bill

TODAY = timezone.localdate()
SOON = {"next_due_date": TODAY + timedelta(days=9)}

pytestmark = pytest.mark.django_db


def test_a_renewal_is_compared_with_one_as_long(browser, rows, acme):
    """Where a cycle changed before the portal saw it, the last line bills less time than the next will."""
    for days in (30, 365):
        name = f"of{days}.example"
        period = f"({TODAY - timedelta(days=days):%Y-%m-%d} - {TODAY:%Y-%m-%d})"
        service = rows.service(acme, domain=name, billing_cycle="Annually", amount="120", **SOON)
        bill(rows, acme, (service, "100")).items.update(description=f"VPS - {name} {period}")
    for years in (1, 2):
        name = f"of{years}years.example"
        domain = rows.domain(acme, name=name, recurring_amount="40", registration_period=2, **SOON)
        line = f"Domain Renewal - {name} - {years} Year/s"
        bill(rows, acme, (domain, "20")).items.update(description=line, is_renewal=True)

    found = table(browser.get("/spend/"), "dearer")

    assert sorted(row.partition(" ")[0] for row in found) == ["of2years.example", "of365.example"]


@pytest.mark.parametrize("name", ["months", "forecast"])
def test_months_of_a_file_are_plain_in_every_language(browser, rows, acme, name):
    rows.invoice(acme)
    lines = browser.get(f"/spend.csv?table={name}", **{"Accept-Language": "de"}).csv()

    assert len(lines) > 12
    assert all(re.fullmatch(r"\d{4}-\d{2}", month) for month, *_ in lines[:13])
