from typing import Any

from django import forms
from django.core.validators import MinValueValidator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.forms.groups import Group, rest
from portal.models.one_line import OneLine
from portal.models.share_links import MOST_DAYS
from portal.pages.date_filters import EARLIEST, DayInput
from portal.wording.statuses import status_word
from ultahost_api.models import Account, Invoice
from ultahost_api.models.invoice_statuses import PAYABLE

_USUAL = ("Unpaid", "Payment Pending", "Paid", "Collections", "Refunded", "Cancelled")
_NOT_TOO_EARLY = MinValueValidator(EARLIEST, message=_("Enter a day from 1990 on."))


def _label(status: str) -> str:
    """Overdue is derived, so a link cannot leave it out."""
    return gettext("Unpaid, including overdue") if status == PAYABLE else str(status_word(status))


class _Accounts(forms.ModelMultipleChoiceField):
    def label_from_instance(self, account: Account) -> str:
        private = hasattr(account, "policy") and account.policy.private
        return gettext("%(account)s (private)") % {"account": account} if private else str(account)


class ShareLinkForm(forms.Form):
    name = OneLine(
        label=_("Shared with"), max_length=120, help_text=_("Shown only to admins, such as “Tax adviser”.")
    )
    scope = forms.ChoiceField(
        label=_("Which accounts"),
        choices=[
            ("chosen", _("Selected accounts")),
            ("all", _("All non-private accounts, including future ones")),
        ],
        widget=forms.RadioSelect,
    )
    accounts = _Accounts(
        label=_("Selected accounts"),
        queryset=Account.objects.select_related("policy"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    statuses = forms.MultipleChoiceField(
        label=_("Statuses"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Select none to share all statuses."),
    )
    since = forms.DateField(
        label=_("Dated from"), required=False, widget=DayInput(), validators=[_NOT_TOO_EARLY]
    )
    until = forms.DateField(
        label=_("Dated to"), required=False, widget=DayInput(), validators=[_NOT_TOO_EARLY]
    )
    days = forms.IntegerField(
        label=_("Days until it expires"),
        min_value=1,
        max_value=MOST_DAYS,
        initial=7,
        help_text=_("At most 90."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        seen = Invoice.objects.exclude(status="").order_by("status").values_list("status", flat=True)
        statuses: Any = self.fields["statuses"]
        statuses.choices = [(one, _label(one)) for one in dict.fromkeys([*_USUAL, *seen.distinct()])]

    @property
    def groups(self) -> list[Group]:
        return [
            Group(_("Accounts"), [self["scope"], self["accounts"]]),
            Group(_("Invoices"), [self["statuses"], self["since"], self["until"]]),
        ]

    @property
    def ungrouped(self) -> list[forms.BoundField]:
        return rest(self, self.groups)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("scope") == "chosen" and not values.get("accounts") and "accounts" not in self.errors:
            self.add_error("accounts", _("Select at least one account."))
        if values.pop("scope", "") == "all" and values.get("accounts"):
            self.add_error("accounts", _("To share every account, select none here."))
        since, until = values.get("since"), values.get("until")
        if since and until and since > until:
            self.add_error("until", _("The last day is before the first day."))
        return values
