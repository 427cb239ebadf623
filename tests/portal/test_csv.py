import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal
from operator import itemgetter
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.pages import exports
from portal.pages.columns import Column

SIGNS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")


def titled(title, value):
    return Column(title, title, value)


def exported(columns, rows):
    """The file as a spreadsheet reads it, cell by cell."""
    response = exports.response("invoices.csv", columns, rows)
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


def test_it_writes_titles_and_rows():
    rows = [{"name": "Acme, Inc.", "total": Decimal("12.50")}, {"name": 'Zoë "Z"\nÖzil', "total": None}]
    columns = [titled("Name", lambda row: row["name"]), titled("Total", lambda row: row["total"])]
    assert exported(columns, rows) == [
        ["Name", "Total"],
        ["Acme, Inc.", "12.50"],
        ['Zoë "Z"\nÖzil', ""],
    ]


def test_it_says_what_it_is():
    response = exports.response("invoices.csv", [titled("Name", str)], [])
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="invoices.csv"'
    assert b"".join(response.streaming_content).startswith(b"\xef\xbb\xbf")


def test_it_streams_one_row_at_a_time():
    taken = []

    def rows():
        for number in range(3):
            taken.append(number)
            yield number

    lines = iter(exports.response("x.csv", [titled("Number", int)], rows()).streaming_content)
    next(lines)
    next(lines)
    assert taken == [0]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Decimal("-12.50"), "-12.50"),
        (-3, "-3"),
        (date(2026, 1, 2), "2026-01-02"),
        (datetime(2026, 1, 2, 3, 4, tzinfo=UTC), "2026-01-02 03:04:00+00:00"),
        (datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC), "2026-01-02 03:04:05+00:00"),
        (None, ""),
        ("", ""),
        ("plain", "plain"),
        ("5 - 3", "5 - 3"),
    ],
)
def test_it_leaves_numbers_dates_and_plain_words_as_they_are(value, shown):
    assert str(exports.cell(value)) == shown


def test_it_quotes_every_text_and_no_amount():
    columns = [
        titled("Name", lambda row: "Acme"),
        titled("Number", lambda row: 7),
        titled("Total", lambda row: Decimal("-1.20")),
    ]
    response = exports.response("x.csv", columns, [None])

    lines = b"".join(response.streaming_content).decode("utf-8-sig").splitlines()

    assert lines == ['"Name","Number","Total"', '"Acme",7,-1.20']


@pytest.mark.parametrize(
    "text",
    [
        "Hosting;=1+1",
        "Plan\tx;@SUM(1)",
        'Plan;"=1+1&"',
        'A";"=1+1',
        "two\n=1+1",
        "two\r\n+1;\t-1",
        "a;＝1+1",
    ],
)
def test_it_starts_no_formula_where_a_spreadsheet_separates_otherwise(text):
    assert_starts_no_formula([[text, text, text]])


@pytest.mark.parametrize("start", DANGEROUS)
def test_it_keeps_text_from_being_a_formula(start):
    assert exports.cell(f"{start}cmd|' /C calc'!A0") == f"'{start}cmd|' /C calc'!A0"


def assert_starts_no_formula(rows):
    columns = [titled(str(place), itemgetter(place)) for place in range(len(rows[0]))]
    response = exports.response("x.csv", columns, rows)
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    for separator in ",;\t":
        read = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        cells = [cell.lstrip("\t\r\n\0") for row in read for cell in row]
        assert [cell for cell in cells if cell.startswith(SIGNS)] == [], separator


@settings(suppress_health_check=[HealthCheck.too_slow])  # a machine that is busy makes texts slowly
@given(
    st.lists(
        st.lists(st.text(alphabet="=+-@;\t\r\n\"',a1＝", min_size=0), min_size=3, max_size=3), min_size=1
    )
)
def test_it_starts_no_formula_whatever_separates(rows):
    assert_starts_no_formula(rows)


def is_kept(text, cell):
    """Letter by letter; an apostrophe more stands first, or behind what ends a cell in some spreadsheet."""
    place = 0
    for before, letter in zip([None, *text], text, strict=False):
        if cell[place : place + 1] == "'" != letter and before in {None, *";\t\r\n"}:
            place += 1
        if cell[place : place + 1] != letter:
            return False
        place += 1
    return place == len(cell)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(st.text(), min_size=2, max_size=2), max_size=5))
def test_it_begins_no_cell_with_a_formula_whatever_the_text(rows):
    columns = [titled("a", lambda row: row[0]), titled("b", lambda row: row[1])]
    read = exported(columns, [[text.encode(errors="ignore").decode() for text in row] for row in rows])
    assert len(read) == len(rows) + 1
    for before, after in zip(rows, read[1:], strict=True):
        for text, cell in zip(before, after, strict=True):
            text = text.encode(errors="ignore").decode()
            assert not cell.startswith(DANGEROUS)
            assert is_kept(text, cell)


def test_it_gives_ten_thousand_cells_back_but_for_an_apostrophe_before_a_sign():
    """However long and mixed: nothing is lost, moved or added but what keeps a formula from being one."""
    random = Random(2026)
    letters = [*DANGEROUS, *"aZ09 ,;'\"|<>{}é漢🚀\u2028\u202e\u200b\ufeff", "\r\n", "''", '""']
    texts = ["".join(random.choices(letters, k=random.randrange(9))) for _ in range(10_000)]
    rows = [texts[start : start + 10] for start in range(0, len(texts), 10)]

    columns = [titled(str(place), itemgetter(place)) for place in range(10)]
    cells = [cell for row in exported(columns, rows)[1:] for cell in row]

    assert [(text, cell) for text, cell in zip(texts, cells, strict=True) if not is_kept(text, cell)] == []
