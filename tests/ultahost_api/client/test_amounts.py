"""Amounts on the wire: exactly what was written, or nothing."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ultahost_api.client import ACTIONS, Answer
from ultahost_api.client.core import wire
from ultahost_api.client.core.answers import interpret
from ultahost_api.client.core.secret import MaskedBytes
from ultahost_api.client.core.transport import Reply
from ultahost_api.client.core.wire import Unreadable

FITTING = st.decimals(min_value=-(10**11) + 1, max_value=10**11 - 1, places=4, allow_nan=False)


@pytest.mark.parametrize(
    ("told", "read"),
    [
        ("19.99", "19.99"),
        (" 5 ", "5"),
        (19.99, "19.99"),
        (Decimal("12.345"), "12.345"),
        ("12.345", "12.345"),  # of a currency with three decimals
        ("2.125", "2.125"),
        ("0.1250000", "0.1250"),
        (-3, "-3"),
        ("-1.00", "-1.00"),
        ("-0.00", "0.00"),
        (Decimal("1E+3"), "1000"),
        ("99999999999.9999", "99999999999.9999"),
    ],
)
def test_it_reads_an_amount_to_its_last_decimal(told, read):
    assert str(wire.money(told)) == read


@pytest.mark.parametrize(
    ("told", "read"),
    [
        ("1,234.50", "1234.50"),
        ("1,234,567.89", "1234567.89"),
        ("1,234,567", "1234567"),
        ("1.234.567", "1234567"),
        ("1.234,50", "1234.50"),
        ("1 234,50", "1234.50"),
        ("1\u00a0234\u00a0567.5", "1234567.5"),
        ("1'234.50", "1234.50"),
        ("1’234", "1234"),
        ("99,00", "99.00"),
        ("0,125", "0.125"),
        ("1,2345", "1.2345"),
        ("$99.00 USD", "99.00"),
        ("$12.00", "12.00"),
        ("€ 1.234,50", "1234.50"),
        ("1 234,50 €", "1234.50"),
        ("EUR 5", "5"),
        ("KWD12.345", "12.345"),
        ("-$120.00", "-120.00"),
        ("$-120.00", "-120.00"),
        ("−120.00", "-120.00"),
    ],
)
def test_it_reads_separators_and_a_currency_where_one_reading_alone_is_possible(told, read):
    assert str(wire.money(told)) == read


@pytest.mark.parametrize(
    "told",
    [
        "1,234",  # one comma before three digits: a thousand, or a decimal comma
        "12,34.50",
        "1,23,456.78",
        "1.234,567,8",
        "1,234 567",
        "1.2.3",
        "1,,234.50",
        ".50",
        "5.",
        "--5",
        "-$-5",
        "5-",
        "(5.00)",
        "1e3",
        "5 %",
        "5 XX",
        "$5.00 EUR",
        "5 USD EUR",
        "US$ 5",
        "٣",
        "NaN",
        "Infinity",
        "",
        None,
        True,
        [],
        {},
        "lots",
    ],
)
def test_it_reads_nothing_into_what_can_be_read_in_two_ways_or_in_none(told):
    with pytest.raises(Unreadable):
        wire.money(told)


@pytest.mark.parametrize(
    "told",
    [
        "100000000000",
        "1250000000000.00",
        "1.23456",
        Decimal("1E+400"),
        Decimal("1E-5"),
        float("inf"),
        "9" * 999,
    ],
)
def test_it_reads_no_more_digits_than_both_databases_keep(told):
    with pytest.raises(Unreadable):
        wire.money(told)


@pytest.mark.parametrize(
    ("told", "currency"),
    [
        ("$5", "USD"),
        ("$5", "CAD"),
        ("5 USD", "USD"),
        ("5 usd", "USD"),
        ("¥5", "JPY"),
        ("5", "EUR"),
        ("$5 USD", ""),
    ],
)
def test_it_takes_a_currency_that_can_be_the_accounts(told, currency):
    assert wire.money(told, currency) == 5


@pytest.mark.parametrize(
    ("told", "currency"), [("$5", "EUR"), ("5 USD", "CAD"), ("€5", "USD"), ("₫5", "JPY")]
)
def test_it_reads_no_amount_in_another_currency_than_the_accounts(told, currency):
    with pytest.raises(Unreadable):
        wire.money(told, currency)


@given(FITTING)
def test_it_reads_every_amount_that_fits_in_every_usual_form(amount):
    assert wire.money(str(amount)) == wire.money(amount) == amount
    assert wire.money(f"{amount:,.4f}") == amount
    swapped = f"{amount:,.4f}".translate(str.maketrans(",.", ".,"))
    assert wire.money(swapped) == amount


@pytest.mark.parametrize(
    ("body", "read"),
    [
        (b'{"data": 0.1000000000000000055}', Decimal("0.1000000000000000055")),  # as a float it would be 0.1
        (b'{"data": 12.345}', Decimal("12.345")),
        (b'{"data": 1e99999999999999999999}', "1e99999999999999999999"),
        (b'{"data": 1e400}', "1e400"),
    ],
)
def test_it_takes_a_number_in_json_as_it_is_written(body, read):
    reply = Reply(sent=True, status=200, body=MaskedBytes(body))
    answer = interpret(ACTIONS["get_profile"], reply, lambda words: words)
    assert isinstance(answer, Answer)
    assert answer.data == read
