"""The words of Spend."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from urllib.parse import urlencode

from django.utils.dates import MONTHS, MONTHS_3
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from portal.wording import formats
from portal.wording.links import href
from ultahost_api.models.spending import DOMAINS, NAMED, OTHER

_NO_CENTS = re.compile(r"[.,]00(?!\d)")  # of a language that writes the currency behind, too


def product(key: str) -> str:
    """Of a key of ``BY_PRODUCT``."""
    return {DOMAINS: _("Domains"), OTHER: _("Other services")}.get(key, key.removeprefix(NAMED))


def month(first: date) -> str:
    """`Nov 2026`."""
    return f"{str(MONTHS_3[first.month]).title()}{formats.NON_BREAKING}{first.year}"


def plain_month(first: date) -> str:
    """`2026-11`, in a file."""
    return f"{first.year:04}-{first.month:02}"


def month_of_chart(first: date) -> str:
    """`Nov`; January with its year in a second line."""
    short = str(MONTHS_3[first.month]).title()
    return f"{short}\n{first.year}" if first.month == 1 else short


def since(first: date) -> str:
    """The name of the month before ``first``."""
    return str(MONTHS[(first.month + 10) % 12 + 1])


def signed(amount: Decimal, currency: str) -> str:
    """`+€214.00`, `-€3.00`."""
    words = formats.money(amount, currency)
    return f"+{words}" if amount > 0 else words


def changed(kinds: Iterable[str]) -> str:
    """`2 new, 1 dearer`."""
    told = list(kinds)
    words = {
        "new": ngettext("%(count)d new", "%(count)d new", told.count("new")),
        "cancelled": ngettext("%(count)d ended", "%(count)d ended", told.count("cancelled")),
        "gone": ngettext("%(count)d gone", "%(count)d gone", told.count("gone")),
        "dearer": ngettext("%(count)d dearer", "%(count)d dearer", told.count("dearer")),
        "cheaper": ngettext("%(count)d cheaper", "%(count)d cheaper", told.count("cheaper")),
    }
    return ", ".join(text % {"count": told.count(kind)} for kind, text in words.items() if kind in told)


def kind(name: str) -> str:
    """Empty of what did not change."""
    words = {"new": _("New"), "cancelled": _("Ended"), "dearer": _("Dearer"), "cheaper": _("Cheaper")}
    return (words | {"gone": pgettext("difference", "Gone"), "": ""})[name]


def lines(count: int) -> str:
    return ngettext("%(count)d line", "%(count)d lines", count) % {"count": count}


def invoices(count: int) -> str:
    return ngettext("%(count)d invoice", "%(count)d invoices", count) % {"count": count}


def missing(undetailed: int, unread: int = 0) -> str:
    """`2 not read yet, 1 amount unreadable`, of invoices; empty if nothing is missing."""
    told = [_("%(count)d not read yet") % {"count": undetailed}] if undetailed else []
    return ", ".join([*told, formats.unreadable_amounts(unread)] if unread else told)


def renewals(count: int, *, since: date | None = None, until: date | None = None, unread: int = 0) -> str:
    """`3 renewals from 29 Nov 2026, 1 amount unreadable`."""
    words = ngettext("%(count)d renewal", "%(count)d renewals", count) % {"count": count}
    if since:
        words = _("%(renewals)s from %(day)s") % {"renewals": words, "day": formats.day(since)}
    if until:
        words = _("%(renewals)s to %(day)s") % {"renewals": words, "day": formats.day(until)}
    return f"{words}, {formats.unreadable_amounts(unread)}" if unread else words


def undated(counts: Mapping[str, int], chosen: Mapping[str, str]) -> list[tuple[str, str]]:
    """A sentence for services and one for domains that have no due date, each with the list of them.

    ``chosen`` is what further chooses them in an address.
    """
    services = ngettext(
        "%(count)s service has no due date, so nothing is expected of it.",
        "%(count)s services have no due date, so nothing is expected of them.",
        counts["services"],
    )
    domains = ngettext(
        "%(count)s domain has no due date, so nothing is expected of it.",
        "%(count)s domains have no due date, so nothing is expected of them.",
        counts["domains"],
    )
    query = urlencode({"forecast": "undated", **chosen})
    told = (("services", services), ("domains", domains))
    return [
        (text % {"count": formats.number(counts[name])}, f"{href(name)}?{query}")
        for name, text in told
        if counts[name]
    ]


def short(amount: Decimal, currency: str) -> str:
    """`€6,000` beside a scale: whole units, if the amount has at least ten of them."""
    words = formats.money(round(amount, 0) if amount >= 10 else amount, currency)
    return _NO_CENTS.sub("", words)
