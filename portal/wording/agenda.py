"""What falls due, in words: the same on the page and in a calendar."""

from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from portal.models import User
from portal.wording import formats
from portal.wording.translated import Translated


class Kind(TextChoices):
    INVOICES = "invoices", _("Invoices")
    SERVICES = "services", _("Services")
    DOMAINS = "domains", _("Domains")
    QUOTES = "quotes", _("Quotes")


def undated_invoices(count: int) -> str:
    words = ngettext(
        "%(count)s open invoice has no due date, so it is on no day.",
        "%(count)s open invoices have no due date, so they are on no day.",
        count,
    )
    return words % {"count": formats.number(count)}


def kinds_of(user: User) -> list[Kind]:
    """Those of which the person may see any. What exactly is for ``portal.access`` to say."""
    return list(Kind) if user.may_hold_keys else [Kind.INVOICES]


ROUTES = {Kind.INVOICES: "invoice", Kind.SERVICES: "service", Kind.DOMAINS: "domain", Kind.QUOTES: "quote"}

_TITLES = Translated(
    {
        Kind.INVOICES: _("Invoice %(name)s is due"),
        Kind.SERVICES: _("%(name)s renews"),
        Kind.DOMAINS: _("%(name)s renews"),
        Kind.QUOTES: _("Quote ends: %(name)s"),
        "ends": _("%(name)s expires"),
        "expected": _("expected"),
    }
)


def expected() -> str:
    return _TITLES["expected"]


def title(entry: Any) -> str:
    """Of an entry of ``queries.agenda``."""
    return _TITLES["ends" if entry.ends else entry.kind] % {"name": entry.row}
