"""When a folded text holds a word, as a condition of a query and as a question to a text that was read."""

import unicodedata
from collections.abc import Iterable, Sequence

from django.db.models import Q

SHORTEST = 3  # letters: a trigram has three
# What stands before a word. Each text begins a line.
_BEFORE = ("\n", " ", ".", "-", "/", "@", "#", "(")

Words = Sequence[set[str]]  # for each word its spellings, one of which a row has to hold


def holding_all(words: Words, path: str = "") -> Q:
    """Which rows hold all of the words, by reading their texts."""
    found = Q()
    for word in words:
        found &= _contains(written(word), path)
    return found


def holds(text: str, word: set[str]) -> bool:
    """The same of one folded text that was read."""
    lines = f"\n{text}\n"
    return any(inside in lines for inside in written(word))


def written(word: set[str]) -> set[str]:
    """What a text holds if it holds the word. Words of scripts without spaces may be short anywhere."""
    return {text for spelling in word for text in _starts(spelling)}


def _starts(word: str) -> Iterable[str]:
    if len(word) >= SHORTEST or any(unicodedata.category(letter) == "Lo" for letter in word):
        return (word,)
    return (f"{before}{word}" for before in _BEFORE)


def _contains(texts: Iterable[str], path: str = "") -> Q:
    """A line break in one of the ``texts`` stands for the begin or the end as well."""
    found, column = Q(), f"{path}folded"
    for text in texts:
        core = text.strip("\n")
        begins, ends = text.startswith("\n"), text.endswith("\n")
        found |= Q(**{f"{column}__contains": text})
        if begins:
            found |= Q(**{f"{column}__startswith": text.removeprefix("\n")})
        if ends:
            found |= Q(**{f"{column}__endswith": text.removesuffix("\n")})
        if begins and ends:
            found |= Q(**{column: core})
    return found
