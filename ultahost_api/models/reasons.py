from django.db import models
from django.utils.translation import gettext_lazy as _


class Reason(models.TextChoices):
    """Why a write was not sent. Some go with values, which stand in the operation's ``before``."""

    TWIN = "twin", _("The same is under way.")
    REPETITION = "repetition", _("The same was sent before, with an unknown result.")
    JUST_BEGUN = "just_begun", _("The same was under way a moment ago.")
    JUST_DONE = "just_done", _("The same was done a moment ago.")
    CANCELLATION = "cancellation", _("A cancellation is requested already.")
    AFTER_UNKNOWN = "after_unknown", _("The result of one before it is unknown.")
    WAITED = "waited", _("It waited for too long.")
    LIMITED = "limited", _("The rate limit is used up.")
    KEY_UNUSABLE = "key_unusable", _("The key cannot be used any more.")
    KEY_STOPPED = "key_stopped", _("The key was disabled, removed or replaced.")
    KEY_UNREADABLE = "key_unreadable", _("The key cannot be opened with the sealing keys.")
    NOT_ALLOWED = "not_allowed", _("Its sender may not do this any more.")
    OTHER_TOTAL = "other_total", _("The total is another one.")  # ``total``, ``agreed``
    NO_TOTAL = "no_total", _("The total of the invoice cannot be read.")
    NOTHING_TO_PAY = "nothing_to_pay", _("The invoice asks for no money.")
    INVOICE_STATUS = "invoice_status", _("The invoice has another status.")  # ``status``
    QUOTE_ACCEPTED = "quote_accepted", _("The quote is accepted already.")
    NO_QUOTE_TOTAL = "no_quote_total", _("The total of the quote cannot be read.")
