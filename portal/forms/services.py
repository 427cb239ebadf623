from datetime import date
from typing import Any, cast

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.forms.order_base import payment_method_field, unpriced_field
from portal.models import Product
from portal.operations.form import WriteForm
from portal.wording import formats
from ultahost_api.client import Secret
from ultahost_api.client.writes import RequestCancellation, ResetServicePassword, UpgradeService
from ultahost_api.models import Account

_RECURRING = [(cycle, label) for cycle, label in Product.Cycle.choices if cycle != Product.Cycle.ONE_TIME]


class CancellationForm(WriteForm):
    type = forms.ChoiceField(
        label=_("When"),
        choices=[
            ("End of Billing Period", _("At the end of the billing period")),
            ("Immediate", _("Immediately")),
        ],
        initial="End of Billing Period",
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=_("Reason"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, ends_on: date | None = None, **kwargs: Any) -> None:
        """``ends_on`` is the day until which the service is paid, if that is known and ahead."""
        super().__init__(*args, **kwargs)
        if ends_on:
            field: Any = self.fields["type"]
            words = gettext("At the end of the billing period, %(day)s") % {"day": formats.day(ends_on)}
            (value, _usual), *others = field.choices
            field.choices = [(value, words), *others]

    def write(self, service_id: int) -> RequestCancellation:
        cleaned = self.cleaned_data
        return RequestCancellation(service_id, type=cleaned["type"], reason=cleaned["reason"])


class NewPassword(forms.PasswordInput):
    """A password field with a button that makes one and a meter of its strength."""

    template_name = "services/new_password.html"


class PasswordForm(WriteForm):
    secrets = ("password",)

    password = forms.CharField(
        label=_("New password"),
        min_length=8,
        max_length=128,
        strip=False,
        widget=NewPassword(attrs={"autocomplete": "new-password", "spellcheck": "false"}),
        help_text=_("Not stored; save it now."),
    )

    def write(self, service_id: int) -> ResetServicePassword:
        return ResetServicePassword(service_id, Secret(self.cleaned_data["password"]))


class UpgradeForm(WriteForm):
    """An upgrade is an order."""

    product = forms.TypedChoiceField(label=_("New product"), required=False, coerce=int, empty_value=None)
    product_id = forms.IntegerField(
        label=_("Or its product ID at Ultahost"), required=False, min_value=1, max_value=2**31 - 1
    )
    cycle = forms.ChoiceField(
        label=_("Billing cycle"), required=False, choices=[("", _("No change")), *_RECURRING]
    )

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        products = Product.objects.filter(kind=Product.Kind.SERVICE)
        choices = [(product.remote_id, str(product)) for product in products]
        if choices:
            cast(forms.ChoiceField, self.fields["product"]).choices = [("", _("Choose one")), *choices]
        else:
            del self.fields["product"]
            self.fields["product_id"].label = _("Product ID at Ultahost")
        self.fields["product_id"].is_alternative = True  # type: ignore[attr-defined]  # of the form's template
        self.fields["payment_method"] = payment_method_field(account, gettext("Payment method"))
        self.fields["knows"] = unpriced_field()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        named = [name for name in ("product", "product_id") if cleaned.get(name)]
        if len(named) != 1 and not self.has_error("product_id"):
            words = (
                _("Choose a product or enter its ID, not both.")
                if named
                else _("Choose a product or enter its ID.")
            )
            self.add_error("product_id" if named or "product" not in self.fields else "product", words)
        return cleaned

    def write(self, service_id: int) -> UpgradeService:
        cleaned = self.cleaned_data
        return UpgradeService(
            service_id,
            type="product",
            payment_method=cleaned["payment_method"],
            new_product_id=cleaned.get("product") or cleaned["product_id"],
            new_product_billing_cycle=cleaned["cycle"] or None,
        )
