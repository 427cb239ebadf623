"""How long the period of an invoice line lasts."""

import pytest

from ultahost_api.models.line_periods import fits


@pytest.mark.parametrize(
    ("text", "months"),
    [
        ("VPS - a.example (06/06/2026 - 07/05/2026)", 1),  # the month first
        ("VPS - a.example (06/06/2026 - 05/07/2026)", 1),  # the day first
        ("VPS - a.example (2026-02-01 - 2026-02-28)", 1),
        ("VPS - a.example (01.01.2026 - 31.03.2026)", 3),
        ("VPS - a.example (31/01/2026 - 31/01/2027)", 12),
        ("VPS - a.example (2024/02/29 - 2027/02/28)\nMemory: 8 GB", 36),
        ("Domain Renewal - a.example - 2 Year/s (01/01/2026 - 01/01/2028)", 24),
        ("Domain Renewal - a.example - 5 Year/s", 60),
    ],
)
def test_it_fits_the_cycle_that_it_tells_and_no_other(text, months):
    assert [one for one in (1, 3, 6, 12, 24, 36, 60) if fits(text, one)] == [months]


@pytest.mark.parametrize(
    "text",
    [
        "VPS - a.example",
        "VPS (6 June 2026 - 5 July 2026)",
        "VPS (99/99/2026 - 98/98/2026)",
        "VPS (5.1.2026 - 5.1.2026)",
    ],
)
def test_it_may_be_of_any_where_it_tells_none(text):
    assert fits(text, 1)
    assert fits(text, 36)
