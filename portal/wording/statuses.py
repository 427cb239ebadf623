"""The hue and the word of each status, Ultahost's and ours. All are open sets: an unknown one is neutral."""

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.wording.translated import Translated

GOOD, SOON, BAD, INFO, ENDED, NEUTRAL = "good", "soon", "bad", "info", "ended", "neutral"

STATUSES: dict[str, tuple[str, Promise]] = {
    # services, domains, orders, accounts
    "active": (GOOD, _("Active")),
    "pending": (INFO, _("Pending")),
    "suspended": (BAD, _("Suspended")),
    "terminated": (ENDED, _("Terminated")),
    "cancelled": (ENDED, _("Cancelled")),
    "completed": (ENDED, _("Completed")),
    "fraud": (BAD, _("Fraud")),
    "inactive": (ENDED, _("Inactive")),
    "closed": (ENDED, _("Closed")),
    # domains
    "pending registration": (INFO, _("Pending registration")),
    "pending transfer": (INFO, _("Pending transfer")),
    "grace": (SOON, _("Grace")),
    "redemption": (BAD, _("Redemption")),
    "expired": (BAD, _("Expired")),
    "transferred away": (ENDED, _("Transferred away")),
    # invoices; overdue, credit and cancelling are derived by the portal
    "draft": (ENDED, _("Draft")),
    "unpaid": (SOON, _("Unpaid")),
    "open": (SOON, _("Open")),
    "overdue": (BAD, _("Overdue")),
    "paid": (GOOD, _("Paid")),
    "credit": (INFO, _("Credit")),
    "payment being sent": (INFO, _("Payment being sent")),
    "payment unknown": (SOON, _("Payment result unknown")),
    "payment pending": (INFO, _("Payment pending")),
    "refunded": (ENDED, _("Refunded")),
    "collections": (BAD, _("Collections")),
    "cancelling": (SOON, _("Cancelling")),
    # quotes
    "delivered": (INFO, _("Delivered")),
    "on hold": (SOON, _("On hold")),
    "accepted": (GOOD, _("Accepted")),
    "lost": (ENDED, _("Lost")),
    "dead": (ENDED, _("Dead")),
    # API keys, people and share links
    "live": (GOOD, _("Active")),
    "unverified": (SOON, _("Unverified")),
    "limited": (SOON, _("Limited")),
    "refused": (BAD, _("Refused")),
    "unreadable": (BAD, _("Enter again")),
    "disabled": (ENDED, _("Disabled")),
    "removed": (ENDED, _("Removed")),
    "revoked": (ENDED, _("Revoked")),
    "lapsed": (ENDED, _("Expired")),
    "invited": (INFO, _("Invited")),
    "deactivated": (ENDED, _("Deactivated")),
    # rows of Ultahost without one
    "no status": (NEUTRAL, _("Unknown")),
    # operations
    "queued": (INFO, _("Queued")),
    "sending": (INFO, _("Sending")),
    "done": (GOOD, _("Done")),
    "not sent": (ENDED, _("Not sent")),
    "unknown": (SOON, _("Unknown")),
    "confirmed": (GOOD, _("Applied")),
    "not confirmed": (SOON, _("Not applied")),
}

LEVELS = {"success": GOOD, "warning": SOON, "error": BAD}

_WORDS = Translated({status: word for status, (_hue, word) in STATUSES.items()})


def hue(status: str) -> str:
    return STATUSES[known][0] if (known := _plain(status)) in STATUSES else NEUTRAL


def status_word(status: str) -> str:
    return _WORDS[known] if (known := _plain(status)) in STATUSES else status


def level_hue(level: str) -> str:
    """The hue of a message by its tag in django.contrib.messages."""
    return LEVELS.get(level, INFO)


def _plain(status: str) -> str:
    return str(status).lower().replace("_", " ").strip()


def its_status(status: str) -> str:
    """Why a row is left out."""
    return gettext("Its status is %(status)s.") % {"status": status_word(status)}
