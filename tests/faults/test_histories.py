"""A judge of histories that cannot find anything wrong proves nothing: here is one wrong of each kind."""

import pytest

from tests.faults.histories import RowKnown, Told, broken

ROW = ("uuid", "invoices", 7)
PAID = RowKnown(fields={"status": "Paid"})
UNPAID = RowKnown(fields={"status": "Unpaid"})
GONE = RowKnown(present=False, fields={"status": "Unpaid"})
PAYMENT = Told(ROW, "changed", {"status": ("Unpaid", "Paid")})


def test_it_accepts_events_that_lead_from_what_was_to_what_is():
    events = [
        PAYMENT,
        Told(ROW, "gone"),
        Told(ROW, "returned", {"status": ("Paid", "Unpaid")}),
        Told(("uuid", "orders", 1), "appeared"),
        Told(("uuid", "orders", 1), "changed", {"status": ("Pending", "Active")}),
    ]
    after = {ROW: UNPAID, ("uuid", "orders", 1): RowKnown(fields={"status": "Active"})}
    assert broken(events, {ROW: UNPAID}, after) == []


@pytest.mark.parametrize(
    ("events", "before", "after"),
    [
        pytest.param([], {ROW: UNPAID}, {ROW: PAID}, id="a change that was not told"),
        pytest.param([PAYMENT, PAYMENT], {ROW: UNPAID}, {ROW: PAID}, id="a change told twice"),
        pytest.param([], {}, {ROW: PAID}, id="a row that came unseen"),
        pytest.param([], {ROW: UNPAID}, {ROW: GONE}, id="a row that went unseen"),
        pytest.param([Told(ROW, "gone")] * 2, {ROW: UNPAID}, {ROW: GONE}, id="gone twice"),
        pytest.param([Told(ROW, "appeared")], {ROW: UNPAID}, {ROW: UNPAID}, id="new though it was there"),
        pytest.param([Told(ROW, "returned")], {ROW: UNPAID}, {ROW: UNPAID}, id="back though it was there"),
        pytest.param([Told(ROW, "gone")], {ROW: UNPAID}, {ROW: UNPAID}, id="back unseen"),
    ],
)
def test_it_finds(events, before, after):
    assert len(broken(events, before, after)) == 1
