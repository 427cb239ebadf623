"""The words of a search that say what to do, in the language of the person or in English."""

from django.utils.translation import pgettext

from portal.models import ServiceCommand
from ultahost_api.models.folding import searchable
from ultahost_api.models.held_words import Words

SHORTEST = 2  # letters of a search


def length(command: ServiceCommand | None, words: Words) -> int:
    """How many of the first words are those of the command, each at least begun. None stands for "pay"."""
    if command is None:
        told = pgettext("search", "pay")  # what people type for it, a word each
        verbs = {"pay", *searchable([told]).split()}
        return int(len(words) > 1 and any(begins(verb, words[0]) for verb in verbs))
    tokens = searchable([command.words]).split()
    met = [begins(token, word) for token, word in zip(tokens, words[:-1], strict=False)]
    return [*met, False].index(False)


def begins(text: str, word: set[str]) -> bool:
    return any(len(spelling) >= SHORTEST and text.startswith(spelling) for spelling in word)
