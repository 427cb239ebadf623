"""The provider's words for statuses, each in one spelling: what is ``unpaid`` is ``Unpaid``.

All are open sets: a word that is not known stays as it was written.
"""

import re
from typing import Any

from .row import Row

SERVICE = ("Pending", "Active", "Suspended", "Terminated", "Cancelled", "Fraud", "Completed")
DOMAIN = (
    *("Pending", "Pending Registration", "Pending Transfer", "Active", "Grace", "Redemption", "Expired"),
    *("Transferred Away", "Cancelled", "Fraud"),
)
INVOICE = ("Draft", "Unpaid", "Paid", "Cancelled", "Refunded", "Collections", "Payment Pending")
ORDER = ("Pending", "Active", "Fraud", "Cancelled")
QUOTE = ("Draft", "Delivered", "On Hold", "Accepted", "Lost", "Dead")

_BETWEEN_WORDS = re.compile(r"[\s_-]+")
_OTHER_SPELLINGS = {"canceled": "cancelled"}


def status(row: Row, name: str, known: tuple[str, ...]) -> Any:
    """The row's text of this name, as ``known`` spells it."""
    told = row.text(name)
    if not isinstance(told, str) or told in known:
        return told
    plain = _plain(told)
    return next((word for word in known if _plain(word) == plain), told)


def _plain(word: str) -> str:
    plain = _BETWEEN_WORDS.sub(" ", word).strip().lower()
    return _OTHER_SPELLINGS.get(plain, plain)
