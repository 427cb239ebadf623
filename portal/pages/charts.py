"""Bars as SVG, drawn on the server. A table beside them has the numbers, so screen readers skip the picture.

The page's policy lets no style attribute and no script in: classes carry the colours.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

WIDTH, HEIGHT = 720, 248
_LEFT, _TOP, _BOTTOM = 92, 22, 40  # on the left at least: it grows with the words there
_LETTER = 9  # the width that a letter takes at most
_LINES, _LABELS = 4, 13  # at most: of more bars, not each has room for its label
_STEPS = (1, 2, 5, 10)


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its label of one line or two, what it leads to, what it says, and its parts by class.

    The parts stand on each other from the bottom up.
    """

    label: str
    url: str
    words: str
    parts: Sequence[tuple[str, Decimal]]

    @property
    def value(self) -> Decimal:
        return sum((max(amount, Decimal(0)) for _, amount in self.parts), Decimal(0))


def bars(drawn: Sequence[Bar], short: Callable[[Decimal], str]) -> SafeString:
    """``short`` writes an amount beside a line of the grid and above the highest bar."""
    values = [bar.value for bar in drawn]
    most = max(values, default=Decimal(0))
    step = _step(most)
    top, scale = step * _LINES, [short(step * n) if n else "" for n in range(_LINES + 1)]
    start = max(_LEFT, 8 + _LETTER * max(map(len, scale)))
    slot = Decimal(WIDTH - start) / max(len(drawn), 1)
    parts = [_line(step * n, top, words, start) for n, words in enumerate(scale)]
    every = -(-len(drawn) // _LABELS)
    for place, bar in enumerate(drawn):
        left = start + slot * place
        parts.append(_drawn(bar, left, slot, top))
        if (len(drawn) - 1 - place) % every == 0:
            for line, words in enumerate(bar.label.split("\n")):
                parts.append(_text("label", left + slot / 2, HEIGHT - 22 + 16 * line, words))
    if most:
        highest, words = values.index(most), short(most)
        middle = min(start + slot * highest + slot / 2, WIDTH - Decimal(_LETTER * len(words)) / 2)
        parts.append(_text("value", middle, _y(most, top) - 6, words))
    return format_html(
        '<svg class="bars" viewBox="0 0 {} {}" aria-hidden="true" focusable="false">{}</svg>',
        WIDTH, HEIGHT, SafeString("".join(parts)),
    )  # fmt: skip


def share(amount: Decimal, most: Decimal) -> SafeString:
    """A bar in a cell, as long as the amount is of the largest."""
    width = round(100 * amount / most, 1) if amount > 0 and most > 0 else 0
    return format_html(
        '<svg class="share" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" '
        'focusable="false"><rect width="{}" height="8"/></svg>',
        width,
    )


def _line(value: Decimal, top: Decimal, words: str, start: int) -> SafeString:
    y = _y(value, top)
    line = format_html('<line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"/>', start, WIDTH, y, y)
    return line + _text("scale", Decimal(start - 8), y + 4, words)


def _drawn(bar: Bar, left: Decimal, slot: Decimal, top: Decimal) -> SafeString:
    """The parts of a bar, inside a link that is as high as the chart."""
    rects, below = [], Decimal(0)
    for css_class, amount in bar.parts:
        if amount > 0:
            high, low = _y(below + amount, top), _y(below, top)
            rects.append((css_class, _round(left + slot / 5), high, _round(slot * 3 / 5), low - high))
            below += amount
    return format_html(
        '<a href="{}" tabindex="-1"><title>{}</title>'
        '<rect class="hit" x="{}" y="{}" width="{}" height="{}"/>{}</a>',
        bar.url, bar.words, _round(left), _TOP, _round(slot), HEIGHT - _TOP - _BOTTOM,
        format_html_join("", '<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>', rects),
    )  # fmt: skip


def _text(css_class: str, x: Decimal, y: Decimal | int, words: str) -> SafeString:
    return format_html('<text class="{}" x="{}" y="{}">{}</text>', css_class, _round(x), y, words)


def _round(value: Decimal) -> Decimal:
    return round(value, 1)


def _y(value: Decimal, top: Decimal) -> Decimal:
    return round(HEIGHT - _BOTTOM - value / top * (HEIGHT - _TOP - _BOTTOM), 1)


def _step(most: Decimal) -> Decimal:
    """A quarter of the height, rounded up to 1, 2 or 5 of a power of ten."""
    if most <= 0:
        return Decimal(1)
    quarter = most / 4
    power = Decimal(1).scaleb(quarter.adjusted())
    return next(power * step for step in _STEPS if power * step >= quarter)
