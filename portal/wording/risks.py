"""Why a domain is at risk, in words, and how urgent that is."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from portal.wording.statuses import BAD, NEUTRAL, SOON
from portal.wording.translated import Translated
from ultahost_api.models import Domain, Risk

_URGENT = 7  # days
_HUES = {
    Risk.REDEMPTION: BAD,
    Risk.GRACE: BAD,
    Risk.EXPIRED: BAD,
    Risk.PAST: BAD,
    Risk.UNKNOWN: NEUTRAL,
}

# Beside a status, unless the status says it.
_MARKS = Translated(
    {
        Risk.REDEMPTION: "",
        Risk.GRACE: "",
        Risk.EXPIRED: "",
        Risk.TRANSFER: _("Transfer is late"),
        Risk.PAST: _("Date passed"),
        Risk.NOT_RENEWED: _("Auto-renew off"),
        Risk.RENEWAL_UNKNOWN: _("Auto-renew unknown"),
        Risk.UNPAID: _("Renewal unpaid"),
        Risk.MISSING: _("No renewal invoice"),
        Risk.UNKNOWN: _("Risk unknown"),
    }
)

_WORDS = Translated(
    {
        Risk.REDEMPTION: _("In redemption: Ultahost can still restore it, for a fee"),
        Risk.GRACE: _("In its grace period: renew it now"),
        Risk.EXPIRED: _("Expired: may still be rescued, ask Ultahost"),
        Risk.TRANSFER: _("The transfer has been pending for 10 days or more"),
        Risk.PAST: _("Its date has passed"),
        Risk.NOT_RENEWED: _("Auto-renew is off"),
        Risk.RENEWAL_UNKNOWN: _("Auto-renew is not known yet"),
        Risk.UNPAID: _("Renewal invoice is not paid"),
        "unpaid too": _("renewal invoice is not paid"),
        Risk.MISSING: _("Renewal invoice is missing"),
        Risk.UNKNOWN: _("It is not known whether it is at risk"),
    }
)

_UNREAD = Translated(
    {
        "details": _("Its details are still loading"),
        "expiry_date": _("Its expiry could not be read"),
        "next_due_date": _("Its due date could not be read"),
        "status": _("Its status is not known"),
        "renewal": _("Its renewal invoice was not found"),
        "renewal unclear": _("Its renewal invoice was refunded, or its total is zero"),
        "dates": _("No date is known"),
    }
)


def risk_hue(domain: Domain) -> str:
    left = domain.days_left()
    usual = _HUES.get(Risk(domain.risk), SOON)
    return BAD if usual == SOON and left is not None and left <= _URGENT else usual


def risk_mark(risk: str) -> str:
    return _MARKS[risk]


def risk_words(domain: Any) -> str:
    """The reason that ``with_risk`` found; of a domain whose risk is unknown, what was not read."""
    if not domain.risk:
        return ""
    if domain.risk == Risk.UNKNOWN:
        return _UNREAD[_unread(domain)]
    unpaid = domain.renewal_invoice and domain.risk in (Risk.PAST, Risk.GRACE)
    return f"{_WORDS[domain.risk]}; {_WORDS['unpaid too']}" if unpaid else _WORDS[domain.risk]


def _unread(domain: Domain) -> str:
    for name in ("expiry_date", "next_due_date"):
        if name in domain.unreadable:
            return name
    if domain.detailed_at is None:
        return "details"
    if domain.first_date is None:
        return "dates"
    if not domain.status:
        return "status"
    return "renewal unclear" if domain.renewal_unclear else "renewal"
