"""Why a write was not sent, in people's words."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ultahost_api.client import Unsaid
from ultahost_api.models import Operation, Reason, Refresh
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


_UNSAID: dict[Unsaid, Promise] = {
    Unsaid.UNREACHED: _("Ultahost could not be reached."),
    Unsaid.UNANSWERED: _("No answer arrived."),
    Unsaid.NOT_JSON: _("The answer could not be read."),
    Unsaid.NO_PAGE: _("The answer could not be read."),
    Unsaid.STRANGERS_PAGE: _(
        "Something between the portal and Ultahost answered, such as a proxy or firewall."
    ),
    Unsaid.TOO_LONG: _("The answer is longer than 5 MB."),
    Unsaid.ODDLY_PACKED: _("The answer could not be read."),
    Unsaid.NOT_UNPACKED: _("The answer could not be read."),
    Unsaid.CUT_SHORT: _("The answer is incomplete."),
    Unsaid.STATUS_ALONE: _("Ultahost gave no reason."),
    Unsaid.NO_REASON: _("Ultahost gave no reason."),
}

_OURS = {Refresh.Trouble.ODD, Refresh.Trouble.DIED}  # the words beside it are for the technician


def said(operation: Operation) -> str:
    """Why the operation was not sent, or why Ultahost said nothing; else the message of its answer."""
    if operation.reason:
        return str(REASONS[operation.reason]) % operation.before
    return unsaid(operation.message) or operation.message


def is_of_another(operation: Operation) -> bool:
    """Whether something in front of Ultahost answered, such as a proxy or firewall."""
    return Unsaid.of(operation.message) is Unsaid.STRANGERS_PAGE


def quoted(operation: Operation) -> str:
    """Ultahost's own words, if it said any."""
    return operation.message if operation.status and not unsaid(operation.message) else ""


def trouble_quoted(refresh: Refresh) -> str:
    """Ultahost's own words about a refresh that fails, if it said any."""
    return "" if trouble_why(refresh) else refresh.trouble_words


def trouble_why(refresh: Refresh) -> str:
    """Why a refresh fails, where no words of Ultahost tell it."""
    is_another = Unsaid.of(refresh.trouble_words) == Unsaid.STRANGERS_PAGE
    if refresh.trouble in _OURS and not is_another:
        return f"{refresh.get_trouble_display()}."
    return unsaid(refresh.trouble_words)


def unsaid(message: str) -> str:
    """In people's words, what the library writes where no answer says anything; else empty."""
    sentence = Unsaid.of(message)
    return str(_UNSAID[sentence]) if sentence else ""


def not_allowed(error: NotAllowedNow) -> str:
    return str(REASONS[error.reason]) % error.seen
