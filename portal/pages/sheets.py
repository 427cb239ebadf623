"""Small tables of sums, the same on a page and as a file: rows of a name and amounts in one currency."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import zip_longest

from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from portal.pages import charts
from portal.pages.columns import Column
from portal.wording import formats
from portal.wording.spend import signed

SHOWN = 12  # rows of a page; the file has all
_FITS = 34  # letters of the amounts of a line on a phone, beside its name


@dataclass(frozen=True, slots=True)
class Line:
    """``kind``: "rest" of what belongs to no row, "total" of the sum. ``url`` leads to what is behind it.

    ``links`` leads to what is behind each amount, where these differ.
    ``plain`` is the label in a file, of what a spreadsheet sorts and compares: a month as 2026-11.
    """

    label: str
    amounts: Sequence[Decimal | None]
    note: str = ""
    url: str = ""
    kind: str = ""
    links: Sequence[str] = ()
    plain: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """``headings`` are those of the name and of each amount. ``has_bars`` draws the first amount as well.

    Where it ``compares``, the last amount is a difference, with its sign.
    """

    name: str
    title: str
    headings: Sequence[str]
    lines: Sequence[Line]
    currency: str
    has_bars: bool = False
    shows_all: bool = False
    compares: bool = False
    csv_url: str = ""

    @property
    def drawn(self) -> "Iterator[tuple[Line, list[tuple[str, str]], SafeString | str]]":
        """The lines of the page with their amounts in words, each with what it leads to, and their bars."""
        most = max((line.amounts[0] or Decimal(0) for line in self._rows), default=Decimal(0))
        for line in self._shown:
            words = list(zip_longest(self._words(line.amounts), line.links, fillvalue=""))
            is_row = self.has_bars and not line.kind
            yield line, words, charts.share(line.amounts[0] or Decimal(0), most) if is_row else ""

    @property
    def stacks(self) -> bool:
        """Whether on a phone the amounts of a line of the page have room only below its name."""
        if self.compares or len(self.headings) == 2:
            return self.compares
        columns = zip(*(self._words(line.amounts) for line in self._shown), strict=True)
        return sum(max(map(len, words)) for words in columns) > _FITS

    def _words(self, amounts: Sequence[Decimal | None]) -> list[str]:
        words = [formats.money(amount, self.currency) for amount in amounts]
        return [*words[:-1], signed(amounts[-1], self.currency)] if self.compares and amounts[-1] else words

    @property
    def _shown(self) -> list[Line]:
        return [*self._rows[: self._most], *self.rest]

    @property
    def more(self) -> int:
        """How many rows the file has beside those of the page."""
        return max(0, len(self._rows) - self._most)

    @property
    def _most(self) -> int:
        return len(self._rows) if self.shows_all else SHOWN

    @property
    def _rows(self) -> list[Line]:
        return [line for line in self.lines if not line.kind]

    @property
    def rest(self) -> list[Line]:
        return [line for line in self.lines if line.kind]

    @property
    def columns(self) -> list[Column]:
        """Of the file."""
        name, *amounts = self.headings
        return [
            Column("name", name, lambda line: line.plain or line.label),
            *(Column(title, title, _amount(place)) for place, title in enumerate(amounts)),
            Column("currency", _("Currency"), lambda _line: self.currency),
            Column("note", _("Note"), lambda line: line.note),
        ]


def _amount(place: int) -> "Callable[[Line], Decimal | None]":
    return lambda line: line.amounts[place]
