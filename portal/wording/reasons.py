"""Why a write was not sent, in people's words."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ultahost_api.models import Operation, Reason
from ultahost_api.operations import NotAllowedNow

REASONS: dict[str, Promise] = {
    Reason.TWIN: _("An identical request is in progress."),
    Reason.REPETITION: _(
        "An identical request was sent earlier; its result is unknown. Do this one by itself."
    ),
    Reason.JUST_BEGUN: _("An identical request was in progress a moment ago."),
    Reason.JUST_DONE: _("An identical request was done a moment ago."),
    Reason.CANCELLATION: _("A cancellation has already been requested."),
    Reason.AFTER_UNKNOWN: _("Not sent: the result of one before it was unknown."),
    Reason.WAITED: _("It was queued for ten minutes and was not sent."),
    Reason.PAUSED: _("It was paused for 60 minutes and was not sent."),
    Reason.STOPPED: _("It was stopped before it was sent."),
    Reason.LIMITED: _("The rate limit is used up."),
    Reason.KEY_UNUSABLE: _("The key no longer works."),
    Reason.KEY_STOPPED: _("The API key was disabled, removed or replaced."),
    Reason.KEY_UNREADABLE: _("This key cannot be decrypted with the portal's sealing keys."),
    Reason.NOT_ALLOWED: _("The person who confirmed it no longer has permission."),
    Reason.OTHER_TOTAL: _("Ultahost now asks for %(total)s instead of %(agreed)s. Refresh and check it."),
    Reason.NO_TOTAL: _("The total that Ultahost asks for could not be read."),
    Reason.NOTHING_TO_PAY: _("There is nothing to pay on this invoice."),
    Reason.INVOICE_STATUS: _("Ultahost says that this invoice is %(status)s."),
    Reason.QUOTE_ACCEPTED: _("Ultahost says that this quote is already accepted."),
    Reason.NO_QUOTE_TOTAL: _("The total of this quote could not be read."),
}


# What the library writes where no answer of Ultahost says anything, before details for the technician.
_UNSAID: dict[str, Promise] = {
    "no answer arrived": _("No answer arrived."),
    "Ultahost could not be reached": _("Ultahost could not be reached."),
    "the answer is not the JSON that was expected": _("The answer could not be read."),
    "refused without a reason": _("Ultahost gave no reason."),
}


def said(operation: Operation) -> str:
    """Why the operation was not sent, or why Ultahost said nothing; else the message of its answer."""
    if operation.reason:
        return str(REASONS[operation.reason]) % operation.before
    return _unsaid(operation) or operation.message


def quoted(operation: Operation) -> str:
    """Ultahost's own words, if it said any."""
    return operation.message if operation.status and not _unsaid(operation) else ""


def _unsaid(operation: Operation) -> str:
    found = (words for begin, words in _UNSAID.items() if operation.message.startswith(begin))
    return str(next(found, ""))


def not_allowed(error: NotAllowedNow) -> str:
    return str(REASONS[error.reason]) % error.seen
