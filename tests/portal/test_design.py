"""The promises that the design system makes about its own files, and what its tags and filters show."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from django.core.paginator import Paginator
from django.http import QueryDict
from django.template import Context, RequestContext, Template
from django.test import RequestFactory
from django.utils import timezone

from portal.models import Role, User
from portal.pages import bars
from portal.pages.any_table import AnyTable
from portal.pages.columns import Column
from portal.pages.live_tables import RecordTable
from portal.pages.tables import Table
from portal.wording import formats
from portal.wording.statuses import hue, status_word

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
STYLES = sorted((ROOT / "static/css").rglob("*.css"))
CONTENTS = ROOT / "static/js/app.js"
SCRIPTS = sorted({*(ROOT / "static/js").glob("*.js")} - {CONTENTS})
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
RAW_COLOUR = re.compile(r"#[0-9a-f]{3,8}\b|\b(?:rgba?|hsla?|hwb|lab|lch|oklab|oklch|color)\(", re.IGNORECASE)


def css(path: Path) -> str:
    return COMMENT.sub("", path.read_text())


def by_name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def render(source: str, query: str = "", **context: Any) -> str:
    request = RequestFactory().get("/services/" + query)
    return Template(source).render(RequestContext(request, context))


# The files


def test_every_table_names_its_columns():
    drawn = [*TEMPLATES, *(ROOT / "portal/pages").glob("*.py")]
    tables = {by_name(path): path.read_text() for path in drawn if "<table" in path.read_text()}
    assert len(tables) > 20
    assert [name for name, text in tables.items() if text.count("<table") != text.count("<thead")] == []


ONE_SIDED = re.compile(r"(?<![-\w])(?:(?:margin|padding|border|inset)-)?(?:left|right)(?:-\w+)?\s*:")
OF_A_SIDE = re.compile(r"(?:text-align|float|clear)\s*:\s*(?:left|right)\b")
FOUR_SIDES = re.compile(r"(?<![-\w])(?:margin|padding|inset|border-width|border-radius)\s*:([^;}]*)")


def sides(value: str) -> list[str]:
    return re.findall(r"(?:[^\s(]|\((?:[^()]|\([^()]*\))*\))+", value)


@pytest.mark.parametrize("path", STYLES, ids=by_name)
def test_no_style_tells_left_from_right(path: Path) -> None:
    """Pages also run from right to left: sides are those of the line, or the same."""
    text = css(path)
    assert [found.group() for found in (*ONE_SIDED.finditer(text), *OF_A_SIDE.finditer(text))] == []
    fours = [four for four in map(sides, FOUR_SIDES.findall(text)) if len(four) == 4]
    assert [four for four in fours if four[1] != four[3]] == []


def test_it_defines_every_custom_property_that_it_uses() -> None:
    everything = "\n".join(css(path) for path in STYLES)
    used = set(re.findall(r"var\((--[\w-]+)(?!\s*,)\s*\)", everything))
    defined = set(re.findall(r"(--[\w-]+)\s*:", everything))
    assert used
    assert used - defined == set()


def test_it_uses_every_token_that_it_defines() -> None:
    everything = "\n".join(css(path) for path in STYLES)
    tokens = set(re.findall(r"(--[\w-]+)\s*:", css(ROOT / "static/css/tokens.css")))
    assert {token for token in tokens if not re.search(rf"var\({token}\b", everything)} == set()


@pytest.mark.parametrize("path", [p for p in STYLES if p.name != "tokens.css"], ids=by_name)
def test_it_keeps_raw_colours_in_the_tokens(path: Path) -> None:
    assert RAW_COLOUR.findall(css(path)) == []


@pytest.mark.parametrize("path", STYLES, ids=by_name)
def test_it_never_shouts(path: Path) -> None:
    assert "!important" not in css(path)


def test_it_imports_every_style_sheet_once() -> None:
    contents = ROOT / "static/css/app.css"
    imported = re.findall(r'@import "([^"]+)" layer\(\w+\);', contents.read_text())
    present = [str(path.relative_to(contents.parent)) for path in STYLES if path != contents]
    assert sorted(imported) == sorted(present)


HASHED = "<style>{{ style }}</style>"  # of letters; the policy of their document names its hash


@pytest.mark.parametrize("path", TEMPLATES, ids=by_name)
def test_it_has_nothing_inline_that_the_content_security_policy_forbids(path: Path) -> None:
    html = path.read_text().replace(HASHED, "")
    assert not re.search(r"<style\b|\sstyle=|\son\w+=|javascript:|hx-on|hx-vals=.?js:", html, re.IGNORECASE)
    assert all("src=" in tag for tag in re.findall(r"<script\b[^>]*>", html))


@pytest.mark.parametrize("path", SCRIPTS, ids=by_name)
def test_it_finds_each_behaviour_in_a_template(path: Path) -> None:
    html = "\n".join(template.read_text() for template in TEMPLATES)
    attributes = set(re.findall(r"\[(data-[\w-]+)", path.read_text()))
    # An attribute that belongs to pages stands in the page that explains the components
    written = html + (ROOT / "docs/look.md").read_text()
    assert attributes
    assert {name for name in attributes if not re.search(rf"\b{name}\b", written)} == set()
    assert CONTENTS.read_text().splitlines().count(f'import "./{path.name}"') == 1


@pytest.mark.parametrize("path", TEMPLATES, ids=by_name)
def test_it_replaces_nothing_by_itself_under_somebody_s_hands(path: Path) -> None:
    """Every region that asks by itself waits and says so, but for the freshness, where nothing is typed."""
    html = path.read_text()
    asks = re.search(r'hx-trigger="[^"]*(every|refreshed)', html) or "components/_live.html" in html
    if asks and (path.parent.name != "components" or "{% extends" in html):
        assert re.search(r'<\w+ [^>]*id="[^"]+" tabindex="-1" data-patient', html)
        assert re.search(r"components/_(news|live)\.html|table\.choices", html)


def test_it_says_above_every_list_that_refreshes_itself_that_there_is_news() -> None:
    assert "components/_news.html" in (ROOT / "templates" / Table.choices).read_text()
    assert RecordTable.choices == "components/_news.html"


INCLUDE = re.compile(r"{%\s*include\s+(\S+)(.*?)%}", re.DOTALL)
# Also drawn by themselves, the first two from Python and the last by Django.
ALSO_ALONE = {"components/freshness_region.html", "components/qr.html", "django/forms/widgets/input.html"}


@pytest.mark.parametrize("path", TEMPLATES, ids=by_name)
def test_it_gives_an_include_what_it_needs_and_nothing_else_of_the_page(path: Path) -> None:
    assert [name for name, given in INCLUDE.findall(path.read_text()) if given.split()[-1:] != ["only"]] == []


def test_it_calls_what_is_only_included_by_a_name_with_a_line_before_it() -> None:
    source = "\n".join(path.read_text() for path in [*TEMPLATES, *(ROOT / "portal").rglob("*.py")])
    names = {name.strip("'\"") for name, _ in INCLUDE.findall(source) if name[0] in "'\""}
    assert {name for name in names if Path(name).name[0] != "_"} == ALSO_ALONE
    marked = {str(path.relative_to(ROOT / "templates")) for path in TEMPLATES if path.name[0] == "_"}
    assert {name for name in marked if f'"{name}"' not in source} == set()


@pytest.mark.parametrize("path", TEMPLATES, ids=by_name)
def test_it_loads_every_template(path: Path) -> None:
    Template(path.read_text())


def test_it_shows_the_server_error_page_without_any_context() -> None:
    source = (ROOT / "templates/500.html").read_text()
    assert "{%" not in source
    assert "{{" not in source


# Amounts, days and ages


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (Decimal("1234.5"), "EUR", "€1,234.50"),
        (Decimal("19.99"), "USD", "$19.99"),
        (Decimal("-3"), "GBP", "-£3.00"),
        (Decimal("1234.5"), "", "1,234.50"),
        (Decimal(0), "EUR", "€0.00"),
        (None, "EUR", "–"),
    ],
)
def test_it_writes_an_amount_with_its_currency(amount: Decimal | None, currency: str, text: str) -> None:
    assert render("{{ amount|money:currency }}", amount=amount, currency=currency) == text


def test_it_writes_a_day_that_does_not_break() -> None:
    assert render("{{ due|day }}", due=date(2026, 6, 6)) == "6\u00a0Jun\u00a02026"


def test_it_says_how_far_away_a_day_is() -> None:
    today = date(2026, 6, 6)
    assert formats.days_away(today, today) == "today"
    assert formats.days_away(today + timedelta(days=1), today) == "tomorrow"
    assert formats.days_away(today + timedelta(days=12), today) == "in 12 days"
    assert formats.days_away(today - timedelta(days=3), today) == "3 days ago"


@pytest.mark.parametrize(
    ("past", "words"),
    [
        (timedelta(seconds=59), "now"),
        (timedelta(minutes=3), "3 min ago"),
        (timedelta(hours=2), "2 hr ago"),
        (timedelta(days=1), "1 day ago"),
    ],
)
def test_it_says_how_old_something_is(past: timedelta, words: str) -> None:
    now = datetime(2026, 6, 6, 14, 32, tzinfo=UTC)
    assert formats.age(now - past, now) == words


def test_it_leaves_the_exact_moment_in_the_title_of_an_age() -> None:
    html = render("{% when at %}", at=datetime(2020, 6, 6, 14, 32, tzinfo=UTC))
    assert 'title="6\u00a0Jun\u00a02020, 14:32, ' in html
    assert 'datetime="2020-06-06T14:32:00+00:00"' in html
    assert "data-time" in render("{% when at %}", at=timezone.now() - timedelta(hours=3))


def test_it_shows_a_dash_for_what_is_not_there() -> None:
    assert render("{% when at %}{% on day %}{{ day|day }}", at=None, day=None) == "–––"


# Statuses


@pytest.mark.parametrize(
    ("status", "colour", "word"),
    [
        ("Active", "good", "Active"),
        ("Overdue", "bad", "Overdue"),
        ("Pending Transfer", "info", "Pending transfer"),
        ("not_confirmed", "soon", "Not applied"),
        ("Cancelled", "ended", "Cancelled"),
        ("Frobnicated", "neutral", "Frobnicated"),
        ("", "neutral", ""),
    ],
)
def test_it_gives_a_status_its_hue_and_word(status: str, colour: str, word: str) -> None:
    assert hue(status) == colour
    assert status_word(status) == word


# Lists


def heading(sort: str, query: str = "") -> str:
    listing = SimpleNamespace(sorts={"due": ["due"]})
    request = RequestFactory().get("/services/" + query)
    table = SimpleNamespace(sort=sort, listing=listing, headings=[Column("due", "Due")], request=request)
    return str(bars.headings(cast(AnyTable, table)))


def test_it_sorts_upwards_first_then_downwards_then_upwards_again() -> None:
    assert "?sort=due" in heading("name")
    assert "?sort=-due" in heading("due")
    assert "?sort=due" in heading("-due")


def test_it_tells_screen_readers_how_a_column_is_sorted() -> None:
    assert "aria-sort" not in heading("name")
    assert 'aria-sort="ascending"' in heading("due")
    assert 'aria-sort="descending"' in heading("-due")


def test_it_sorts_what_is_filtered_from_its_first_page() -> None:
    html = heading("name", "?status=Active&page=4")
    assert "status=Active&amp;sort=due" in html
    assert "page=" not in html


def kept(query: str) -> str:
    table = SimpleNamespace(request=SimpleNamespace(GET=QueryDict(query)), sent={"q", "account", "renew"})
    return render("{% kept_inputs table %}", table=table)


def test_it_keeps_the_rest_of_the_address_when_a_filter_form_is_sent() -> None:
    html = kept("q=a&status=Active&sort=-due&size=50&page=3")
    assert re.findall(r'form="filters" name="(\w+)"', html) == ["status", "sort", "size"]


def test_it_escapes_what_it_keeps_of_the_address() -> None:
    assert "<script>" not in kept("sort=%22%3E%3Cscript%3E")


def test_it_leaves_gaps_between_distant_pages() -> None:
    request = RequestFactory().get("/")
    table = SimpleNamespace(page=Paginator(range(1000), 50).page(10), request=request)
    numbers = re.findall(">(.+?)<", bars.page_steps(cast(AnyTable, table)))
    assert numbers == ["1", "…", "9", "10", "11", "…", "20"]


# The frame


def invoices_in(tag: str, path: str, attention: dict[str, int] | None = None) -> str:
    """The way to the invoices in the rail, or at the bottom."""
    context: dict[str, Any] = {"user": User(role=Role.MEMBER), "attention": attention or {}}
    context["request"] = RequestFactory().get(path)
    items = Template(f"{{% load frame %}}{{% {tag} %}}").render(Context(context)).split("<li")
    return next(item for item in items if 'href="/invoices/"' in item)


@pytest.mark.parametrize("tag", ["rail", "bottom"])
def test_it_marks_the_noun_of_the_page_and_of_the_pages_below_it(tag: str) -> None:
    assert 'aria-current="page"' in invoices_in(tag, "/invoices/")
    assert 'aria-current="true"' in invoices_in(tag, "/invoices/5/")
    assert "aria-current" not in invoices_in(tag, "/services/")


@pytest.mark.parametrize("tag", ["rail", "bottom"])
def test_it_shows_a_number_only_where_something_needs_attention(tag: str) -> None:
    assert "need attention" in invoices_in(tag, "/", {"invoices": 3})
    assert "need attention" not in invoices_in(tag, "/", {"invoices": 0})
    assert "need attention" not in invoices_in(tag, "/")
