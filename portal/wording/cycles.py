"""Billing cycles in the reader's words. Ultahost's are an open set: an unknown one keeps its name."""

import re

from django.utils.translation import gettext_lazy as _

from portal.models import Product
from portal.wording.translated import Translated

NEVER = frozenset({"free", "freeaccount", "onetime"})  # nothing is due again
_WORDS = Translated(dict(Product.Cycle.choices) | {"freeaccount": _("Free"), "free": _("Free")})


def plain_cycle(told: str) -> str:
    """`Semi-Annually` and `semiannually` are the same cycle."""
    return re.sub(r"[^a-z]", "", told.lower())


def recurs(told: str) -> bool:
    """Also a cycle that is not known."""
    return plain_cycle(told) not in NEVER


def cycle_word(told: str) -> str:
    plain = plain_cycle(told)
    if plain not in _WORDS:
        return told
    return _WORDS[plain]
