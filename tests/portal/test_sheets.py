"""Tables of sums: what decides how a phone draws them."""

from decimal import Decimal

import pytest

from portal.pages.sheets import SHOWN, Line, Sheet


def sheet(*last, shows_all=False):
    lines = [Line(f"{n}", (Decimal(n), Decimal(n))) for n in range(SHOWN)]
    return Sheet(
        name="x", title="X", headings=("Name", "Was", "Is"), lines=[*lines, *last], currency="EUR",
        shows_all=shows_all,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("shows_all", "kind", "stacks"), [(False, "", False), (True, "", True), (False, "total", True)]
)
def test_only_amounts_of_the_page_are_too_long_for_a_phone(shows_all, kind, stacks):
    long = Line("long", (Decimal(10**15), Decimal(10**15)), kind=kind)

    assert sheet(long, shows_all=shows_all).stacks is stacks
    assert not sheet().stacks
