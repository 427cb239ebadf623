"""The headings, chips and page numbers of a list, drawn without templates because each is a row of links."""

from urllib.parse import quote

from django.http import QueryDict
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from portal.pages import parts
from portal.pages.any_table import AnyTable
from portal.pages.chips import CHIPS, Chip
from portal.pages.columns import Column
from portal.pages.icons import icon
from portal.pages.pills import Pill
from portal.pages.tables import Table
from portal.wording.statuses import status_word
from portal.wording.translated import Translated

_WORDS = Translated({"remove": _("Remove the filter %(label)s")})
_CHECKED = SafeString(" checked")
_CHEVRONS = {"ascending": "chevron-up", "descending": "chevron-down"}


def address(query: QueryDict, **changes: str | int | None) -> str:
    """The address of the same list with these changes; None removes a parameter."""
    kept = {**dict(query.lists()), **changes}
    told = {name: value for name, value in kept.items() if value is not None}
    return f"?{urlencode(told, doseq=True)}"


def headings(table: AnyTable) -> SafeString:
    return parts.joined(_heading(table, column) for column in table.headings)


def _heading(table: AnyTable, column: Column) -> SafeString:
    """A ``<th>``. If the table sorts by it, a click leads to ``?sort=due``, then to ``?sort=-due``."""
    name, words = column.name, column.heading or column.title
    direction = {name: "ascending", f"-{name}": "descending"}.get(table.sort, "")
    sorted_by = format_html(' aria-sort="{}"', direction) if direction else ""
    if column.css_class == "pick":
        words = format_html('<input type="checkbox" data-pick-all aria-label="{}">', words)
    elif name in table.listing.sorts:
        url = address(table.request.GET, sort=f"-{name}" if direction == "ascending" else name, page=None)
        chevron = icon("micro", _CHEVRONS[direction or "ascending"], 16)
        words = format_html('<a id="sort-{}" href="{}">{}{}</a>', name, url, words, chevron)
    return format_html('<th scope="col" class="{}"{}>{}</th>', column.css_class, sorted_by, words)


def column_boxes(table: Table) -> SafeString:
    """A box to tick for each column that can be chosen."""
    return parts.joined(
        format_html(
            '<label><input type="checkbox" name="column" value="{}"{}> {}</label>\n',
            column.name, _CHECKED if is_shown else "", column.heading or column.title,
        )
        for column, is_shown in table.choosable
    )  # fmt: skip


def chips(table: Table) -> SafeString:
    return parts.joined(_chip(table, chip) for chip in [*table.view_chips, *table.chips])


def _chip(table: Table, chip: Chip) -> SafeString:
    unchosen: dict[str, str | None] = dict.fromkeys([*CHIPS, "page"])
    return format_html(
        '<a id="{}-{}" href="{}"{}>{} <span class="count">{}</span></a>\n',
        chip.name,
        quote(chip.value, safe=""),
        address(table.request.GET, **unchosen | {chip.name: chip.value}),
        SafeString(' aria-current="true"') if chip.is_chosen else "",
        chip.label or status_word(chip.value),
        chip.count,
    )


def pills(table: Table) -> SafeString:
    """Each active filter as a link that removes it, and one that removes all."""
    return parts.joined(_pill(table, pill) for pill in table.pills)


def _pill(table: Table, pill: Pill) -> SafeString:
    return format_html(
        '<li><a id="pill-{}" href="{}" title="{}">{}: <b>{}</b>{}</a></li>\n',
        pill.name,
        table.request.path + address(table.request.GET, **{pill.name: None}, page=None),
        _WORDS["remove"] % {"label": pill.label},
        pill.label,
        pill.words,
        icon("micro", "x-mark", size=16, aria_hidden="true"),
    )


def page_steps(table: AnyTable) -> SafeString:
    """Page numbers around the current one, with gaps: 1 2 … 7 8 9 … 20."""
    numbers = table.page.paginator.get_elided_page_range(table.page.number, on_each_side=1, on_ends=1)
    return parts.joined(_page_step(table, number) for number in numbers)


def _page_step(table: AnyTable, number: int | str) -> SafeString:
    if not isinstance(number, int):  # the gap
        return SafeString("<span>…</span>\n")
    if number == table.page.number:
        return format_html('<span id="page-{0}" tabindex="-1" aria-current="page">{0}</span>\n', number)
    return format_html(
        '<a id="page-{0}" href="{1}">{0}</a>\n', number, address(table.request.GET, page=number)
    )


def size_steps(table: AnyTable) -> SafeString:
    return parts.joined(_size_step(table, size) for size in table.sizes)


def _size_step(table: AnyTable, size: int) -> SafeString:
    if size == table.size:
        return format_html('<span id="size-{0}" tabindex="-1" aria-current="true">{0}</span>', size)
    return format_html(
        '<a id="size-{0}" href="{1}">{0}</a>', size, address(table.request.GET, size=size, page=None)
    )
