from django.db import models
from django.utils.translation import gettext_lazy as _


class Reason(models.TextChoices):
    """Why a write was not sent. Some go with values, which stand in the operation's ``before``."""

    TWIN = "twin", _("An identical request is in progress.")
    REPETITION = "repetition", _("An identical request was sent earlier; its result is unknown.")
    JUST_BEGUN = "just_begun", _("An identical request was in progress a moment ago.")
    JUST_DONE = "just_done", _("An identical request was done a moment ago.")
    CANCELLATION = "cancellation", _("A cancellation has already been requested.")
    AFTER_UNKNOWN = "after_unknown", _("The result of one before it is unknown.")
    WAITED = "waited", _("It was queued for too long.")
    PAUSED = "paused", _("It was paused for too long.")
    STOPPED = "stopped", _("It was stopped.")
    LIMITED = "limited", _("The rate limit is used up.")
    KEY_UNUSABLE = "key_unusable", _("The key no longer works.")
    KEY_STOPPED = "key_stopped", _("The key was disabled, removed or replaced.")
    KEY_UNREADABLE = "key_unreadable", _("The key cannot be decrypted with the sealing keys.")
    NOT_ALLOWED = "not_allowed", _("Its sender no longer has permission.")
    OTHER_TOTAL = "other_total", _("The total has changed.")  # ``total``, ``agreed``
    NO_TOTAL = "no_total", _("The total of the invoice cannot be read.")
    NOTHING_TO_PAY = "nothing_to_pay", _("There is nothing to pay on the invoice.")
    INVOICE_STATUS = "invoice_status", _("The status of the invoice has changed.")  # ``status``
    QUOTE_ACCEPTED = "quote_accepted", _("The quote is already accepted.")
    NO_QUOTE_TOTAL = "no_quote_total", _("The total of the quote cannot be read.")
