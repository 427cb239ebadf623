"""Words that many rows of a page share, looked up once per language instead of once per row."""

from collections.abc import Mapping
from enum import Enum
from functools import cache
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language


class Translated:
    """A mapping to words, in the language of the page."""

    def __init__(self, words: Mapping[Any, str | Promise]) -> None:
        self._words = words
        self._in: dict[str | None, dict[Any, str]] = {}

    def __getitem__(self, name: Any) -> str:
        known = self._in.setdefault(get_language(), {})
        if name not in known:
            known[name] = str(self._words[name])
        return known[name]

    def __contains__(self, name: object) -> bool:
        return name in self._words

    def get(self, name: Any) -> str:
        """The word, or the name itself if it has none."""
        return self[name] if name in self else str(name)


def label(choice: Any) -> str:
    """The label of a member of ``TextChoices``."""
    return _label(choice, type(choice), get_language())  # type: ignore[arg-type]  # mypy: a class is no Hashable


@cache
def _label(choice: Enum, _class: Any, _language: str | None) -> str:
    return str(choice.label)  # type: ignore[attr-defined]
