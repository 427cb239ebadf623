"""The base of the forms for orders.

These forms are query strings: an order can be reviewed, gone back to and kept as a link.
What is secret is asked for by the review, which is a WriteForm.
"""

from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.operations.form import WriteForm
from portal.queries.payment_gateways import known_gateways
from portal.wording import formats
from ultahost_api.client import Secret
from ultahost_api.models import Account, Domain

Facts = list[tuple[Any, Any]]

YEARS = [(years, years) for years in range(1, 11)]


def payment_method_field(account: Account, label: str) -> forms.Field:
    """A choice of the gateways that are known for the account; where none is, a text."""
    if gateways := known_gateways(account):
        return forms.ChoiceField(label=label, choices=gateways)
    words = _("Ultahost's name for it, such as “stripe” or “banktransfer”.")
    return forms.CharField(label=label, max_length=60, help_text=words)


def unpriced_field() -> forms.Field:
    """The API has no price preview; where no price is known, people confirm that."""
    return forms.BooleanField(label=gettext_lazy("I understand the price is shown only after ordering."))


class Review(WriteForm):
    def __init__(self, *args: Any, is_priced: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_priced:
            self.fields["knows"] = unpriced_field()

    def secret_fields(self) -> dict[str, Any]:
        return {}


class ServiceReview(Review):
    secrets = ("root_password",)

    root_password = forms.CharField(
        label=gettext_lazy("Root password"),
        required=False,
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("For servers. Not stored; save it now."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "knows" in self.fields:  # which has to be answered, the password not
            self.fields["knows"].widget.attrs["autofocus"] = True

    def secret_fields(self) -> dict[str, Any]:
        password = self.cleaned_data["root_password"]
        return {"rootpw": [Secret(password)]} if password else {}


class TransferReview(Review):
    secrets = ("epp_code",)

    epp_code = forms.CharField(
        label=gettext_lazy("EPP code"),
        max_length=255,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=gettext_lazy(
            "From the current registrar of the domain. The portal sends it to Ultahost and does not store it."
        ),
    )

    def secret_fields(self) -> dict[str, Any]:
        return {"eppcode": [Secret(self.cleaned_data["epp_code"])]}


class OrderForm(forms.Form):
    """``kind`` is its name in the address; ``review`` is the form that sends it."""

    kind: ClassVar[str]
    title: ClassVar[Promise]
    review: ClassVar[type[Review]] = Review
    apart: ClassVar[frozenset[str]] = frozenset()  # fields that a table of the page draws

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account
        self.fields["payment_method"] = payment_method_field(account, _("Payment method"))
        self.fields["promo_code"] = forms.CharField(label=_("Promotion code"), required=False, max_length=100)

    def ordered(self) -> dict[str, object]:
        """The values of this kind of order, under the provider's names."""
        raise NotImplementedError

    def described(self) -> Facts:
        raise NotImplementedError

    @property
    def fields_to_send(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        return {
            "payment_method": cleaned["payment_method"],
            "promo_code": cleaned["promo_code"] or None,
            **self.ordered(),
        }

    @property
    def expected(self) -> Decimal | None:
        """What our copy says that all of it costs; None where it does not say that."""
        return None

    @property
    def summary(self) -> Facts:
        """What is chosen so far, for the side of the page."""
        try:
            facts = self.described()
        except KeyError:  # something has not been chosen yet
            return []
        if self.expected is not None:
            facts.append((_("Expected price"), formats.money(self.expected, self.account.currency)))
        return facts

    @property
    def plain_fields(self) -> list[forms.BoundField]:
        return [field for field in self.visible_fields() if field.name not in self.apart]

    @property
    def facts(self) -> Facts:
        method = self.cleaned_data["payment_method"]
        words = dict(known_gateways(self.account)).get(method, method)
        facts = [*self.summary, (_("Payment method"), words)]
        if self.cleaned_data["promo_code"]:
            facts.append((_("Promotion code"), self.cleaned_data["promo_code"]))
        return facts


def years_field(domain: Domain, choices: Any, select: type[forms.Select]) -> forms.TypedChoiceField:
    """For how many years one domain of several is renewed; None where nothing is chosen."""
    label = _("Years of %(domain)s") % {"domain": domain}
    widget = select(attrs={"aria-label": label})
    return forms.TypedChoiceField(
        label=label, choices=choices, coerce=int, required=False, empty_value=None, widget=widget
    )
