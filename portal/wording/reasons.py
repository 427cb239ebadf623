"""Why a write was not sent, in people's words."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ultahost_api.models import Operation, Reason
from ultahost_api.operations import NotAllowedNow

REASONS: dict[str, Promise] = {
    Reason.TWIN: _("The same is under way already, and its outcome is open."),
    Reason.REPETITION: _(
        "An identical request was sent earlier; its result is unknown. Do this one by itself."
    ),
    Reason.JUST_BEGUN: _("The same was under way a moment ago."),
    Reason.JUST_DONE: _("The same was done a moment ago."),
    Reason.CANCELLATION: _("A cancellation is requested already."),
    Reason.AFTER_UNKNOWN: _("Not attempted: the outcome of one before it was unknown."),
    Reason.WAITED: _("It waited for its turn for ten minutes, and was not sent."),
    Reason.LIMITED: _("The rate limit is used up."),
    Reason.KEY_UNUSABLE: _("The key cannot act any more."),
    Reason.KEY_STOPPED: _("The API key was disabled, removed or replaced."),
    Reason.KEY_UNREADABLE: _("This key cannot be opened with the portal's sealing keys."),
    Reason.NOT_ALLOWED: _("Whoever confirmed it may not do this any more."),
    Reason.OTHER_TOTAL: _("Ultahost now asks for %(total)s and not %(agreed)s: refresh, and look again."),
    Reason.NO_TOTAL: _("The total that Ultahost asks for could not be read."),
    Reason.NOTHING_TO_PAY: _("Ultahost asks for no money with this invoice."),
    Reason.INVOICE_STATUS: _("Ultahost says that this invoice is %(status)s."),
    Reason.QUOTE_ACCEPTED: _("Ultahost says that this quote is accepted already."),
    Reason.NO_QUOTE_TOTAL: _("The total of this quote could not be read."),
}


def said(operation: Operation) -> str:
    """Why it was not sent; of one that was, what Ultahost answered."""
    if operation.reason:
        return str(REASONS[operation.reason]) % operation.before
    return operation.message


def not_allowed(error: NotAllowedNow) -> str:
    return str(REASONS[error.reason]) % error.seen
