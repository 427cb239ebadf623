import contextlib
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ultahost_api.client import Secret
from ultahost_api.client.core import wire
from ultahost_api.client.core.row import Row
from ultahost_api.client.core.wire import Unreadable

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
# A machine that is busy makes values slowly.
unhurried = settings(suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize(
    ("told", "read"),
    [
        ("2026-05-06", date(2026, 5, 6)),
        ("2026-05-06 14:42:31", date(2026, 5, 6)),
        ("2026-05-06T14:42:31Z", date(2026, 5, 6)),
        ("15/06/2026", date(2026, 6, 15)),
        ("5/6/2026", date(2026, 6, 5)),
        ("15/06/2026 12:46", date(2026, 6, 15)),
        ("0000-00-00", None),
        ("0000-00-00 00:00:00", None),
        ("-0001-11-30", None),
        ("00/00/0000", None),
        ("0000/00/00", None),
        ("00-00-0000", None),
        ("00.00.0000 00:00", None),
        ("00/00/00", None),
        ("", None),
        (None, None),
    ],
)
def test_it_reads_a_day(told, read):
    assert wire.day(told) == read


@pytest.mark.parametrize("told", ["00/00/2031", "00-00-1999", "2026-00-00", "31/02/2026"])
def test_it_takes_no_day_that_there_is_not_for_none(told):
    with pytest.raises(wire.Unreadable):
        wire.day(told)


def test_it_reads_a_moment_as_utc_unless_told_otherwise():
    assert wire.moment("2026-05-06 14:42:31") == datetime(2026, 5, 6, 14, 42, 31, tzinfo=UTC)
    assert wire.moment("2026-05-06T14:42:31+02:00") == datetime(2026, 5, 6, 12, 42, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    "told",
    [
        "2026-02-30",
        "tomorrow",
        "99/99/2026",
        "1",
        True,
        5,
        "9999-12-31",
        "9999-12-31 00:00:00",
        "00",
        "1733011200",
        1733011200,
        "1700010112345",
        1733011200000,
    ],
)
def test_it_reads_no_day_into_nonsense(told):
    with pytest.raises(Unreadable):
        wire.day(told)


@pytest.mark.parametrize(
    ("told", "read"),
    [("12", 12), (12, 12), (12.0, 12), ("12.0", 12), (" 12", 12), (-1, -1), (2**63 - 1, 2**63 - 1)],
)
def test_it_reads_a_number(told, read):
    assert wire.integer(told) == read


@pytest.mark.parametrize(
    "told", [2**63, "1e3", 1.5, "", None, True, "x", [], {}, float("nan"), float("inf"), "9" * 5000]
)
def test_it_reads_no_number_into_nonsense(told):
    with pytest.raises(Unreadable):
        wire.integer(told)


@pytest.mark.parametrize(
    ("told", "read"),
    [
        ('["Invoice-138.pdf", "b.pdf"]', ("Invoice-138.pdf", "b.pdf")),
        (["a", "b"], ("a", "b")),
        ("192.0.2.1\r\n192.0.2.2", ("192.0.2.1", "192.0.2.2")),
        ("192.0.2.1, 192.0.2.2", ("192.0.2.1", "192.0.2.2")),
        ("[not json", ("[not json",)),
        ("[]", ()),
        ("", ()),
        (None, ()),
    ],
)
def test_it_reads_texts(told, read):
    assert wire.texts(told) == read


@pytest.mark.parametrize(
    ("told", "read"),
    [
        ("R&amp;D", "R&D"),
        ("&#039;q&#39; &#x27;q&apos;", "'q' 'q'"),
        ("&amp;lt;b&amp;gt;", "&lt;b&gt;"),  # once
        ("&lt;b&gt;", "<b>"),
        ("M&uuml;ller &euro;5", "Müller €5"),
        ("https://shop.example/?a=1&copy=2&lt=3", "https://shop.example/?a=1&copy=2&lt=3"),
        ("&nosuch; &; &#; R&D", "&nosuch; &; &#; R&D"),
        ("&#0;&#xd800;", "\ufffd\ufffd"),
    ],
)
def test_it_undoes_what_was_escaped_for_html_once(told, read):
    row = Row({"a": told, "b": [told]})
    assert (row.text("a"), row.texts("b")) == (read, (read,))


def test_it_reads_escaped_amounts_and_lists():
    row = Row({"total": "&euro;5.00", "files": "[&quot;a b.pdf&quot;]"}, "EUR")
    assert (row.money("total"), row.texts("files")) == (5, ("a b.pdf",))


def test_it_leaves_markup_and_secrets_as_they_are():
    row = Row({"body": "<p>R&amp;D</p>", "code": Secret("a&amp;b")})
    assert row.markup("body") == "<p>R&amp;D</p>"
    assert row.take("code").reveal() == "a&amp;b"


@pytest.mark.parametrize(
    ("told", "read"),
    [("", ()), ("29", (29,)), ("29,30", (29, 30)), (29, (29,)), ([29, "30"], (29, 30)), ("x", ())],
)
def test_it_reads_numbers(told, read):
    assert wire.numbers(told) == read


@pytest.mark.parametrize("told", [1, "1", True, "on", "Yes", " true "])
def test_it_reads_a_flag_that_is_up(told):
    assert wire.flag(told) is True


@pytest.mark.parametrize("told", [0, "0", False, "off", "", None, [], "no"])
def test_it_reads_a_flag_that_is_down(told):
    assert wire.flag(told) is False


def test_it_keeps_what_nobody_asked_for():
    row = Row({"id": 1, "name": "a", "new": {"x": 1}})
    row.id(), row.text("name"), row.text("missing")

    assert row.rest() == {"new": {"x": 1}}


def test_it_makes_json_of_a_number_that_a_float_would_change():
    exact = Decimal("99999999999.123456789")
    assert wire.plain({"a": [Decimal("12.345"), exact]}) == {"a": [12.345, str(exact)]}


@unhurried
@given(JSON)
def test_it_raises_nothing_but_unreadable(value):
    for read in (wire.integer, wire.money, wire.day, wire.moment, wire.rows):
        with contextlib.suppress(Unreadable):
            read(value)


@unhurried
@given(JSON)
def test_it_always_reads_something_into_texts_and_flags(value):
    assert isinstance(wire.text(value), str)
    assert isinstance(wire.flag(value), bool)
    assert isinstance(wire.texts(value), tuple)
    assert isinstance(wire.numbers(value), tuple)


@unhurried
@given(JSON)
def test_it_complains_briefly(value):
    with pytest.raises(Unreadable) as caught:
        wire.money([value])

    assert len(str(caught.value)) < 100


@unhurried
@given(JSON)
def test_it_keeps_a_little_of_what_it_cannot_read(value):
    unread = Row({"total": [value]}).money("total")

    assert isinstance(unread.told, str)
    assert len(unread.told) <= 255


@pytest.mark.parametrize("long", ["x" * 999, ["x" * 999], {"x" * 999: 1}, int("9" * 999)])
def test_it_keeps_at_most_255_characters_of_what_it_cannot_read(long):
    row = Row({"total": long, "status": [long], "ns1": [long], "ns2": [long]})
    for unread in (row.money("total"), row.text("status"), row.nameservers()):
        assert len(unread.told) == 255


@pytest.mark.parametrize("read", [Row.money, Row.day, Row.moment, Row.number, Row.count, Row.flag])
def test_it_keeps_nothing_of_a_secret_that_it_cannot_read(read):
    assert read(Row({"total": Secret("canary")}), "total").told == ""
