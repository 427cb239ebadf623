"""The forms for orders of services and domains, and all kinds of orders by their names in the address."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.forms.domains import NO_WORDS, HostField, ServersField, in_both_forms
from portal.forms.order_base import YEARS, Facts, OrderForm, Review, ServiceReview, TransferReview
from portal.forms.renewals import DomainRenewalOrder, ServiceRenewalOrder
from portal.models import Product

__all__ = ["KINDS", "OrderForm", "Review", "ServiceOrder"]


class ServiceOrder(OrderForm):
    """Of the product that the address names, or of another by its id."""

    kind = "service"
    title = gettext_lazy("A service")
    review = ServiceReview

    product = forms.ModelChoiceField(
        Product.objects.filter(kind=Product.Kind.SERVICE), required=False, widget=forms.HiddenInput
    )
    product_id = forms.IntegerField(
        label=gettext_lazy("Product ID at Ultahost"),
        min_value=1,
        max_value=2**31 - 1,
        help_text=gettext_lazy("For products not listed here."),
        error_messages={"required": gettext_lazy("Choose a product or enter its ID.")},
    )
    cycle = forms.ChoiceField(label=gettext_lazy("Billing cycle"), choices=Product.Cycle.choices)
    quantity = forms.IntegerField(label=gettext_lazy("Quantity"), min_value=1, max_value=99, initial=1)
    domain = HostField(label=gettext_lazy("Domain"), required=False)
    hostname = HostField(label=gettext_lazy("Host name"), required=False)
    nameservers = ServersField(
        label=gettext_lazy("Nameservers"),
        required=False,
        merges=True,
        widget=forms.TextInput(NO_WORDS),
        help_text=gettext_lazy("Two to five, with spaces or commas between them."),
    )
    addons = forms.ModelMultipleChoiceField(
        Product.objects.filter(kind=Product.Kind.ADDON),
        label=gettext_lazy("Addons"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.chosen = self._chosen()
        self._keep("product", self.chosen)
        self._keep("product_id", not self.chosen)
        self._keep("quantity", self.chosen and self.chosen.takes_quantity)
        self._keep("nameservers", self.chosen and self.chosen.takes_nameservers)
        has_addons = self.chosen and self.chosen.takes_addons
        self._keep("addons", has_addons and Product.objects.filter(kind=Product.Kind.ADDON).exists())
        if self.chosen and self.chosen.cycles:
            self._offer_cycles(self.chosen.cycles)

    def ordered(self) -> dict[str, object]:
        cleaned = self.cleaned_data
        addons = ",".join(str(addon.remote_id) for addon in cleaned.get("addons") or [])
        lists = {
            "pid": self._product_id(),
            "qty": cleaned.get("quantity"),
            "billingcycle": cleaned["cycle"],
            "domain": cleaned["domain"],
            "hostname": cleaned["hostname"],
            "addons": addons,
        }
        names = {f"nameserver{n}": name for n, name in enumerate(cleaned.get("nameservers") or [], 1)}
        return {name: [value] for name, value in lists.items() if value} | names

    def described(self) -> Facts:
        cleaned = self.cleaned_data
        name = _("%(product)s (id %(id)s)") % {"product": self.chosen, "id": self._product_id()}
        facts: Facts = [
            (_("Product"), name if self.chosen else _("id %(id)s") % {"id": self._product_id()}),
        ]
        further = [
            (_("Billing cycle"), cleaned.get("cycle") and Product.Cycle(cleaned["cycle"]).label),
            (_("Quantity"), cleaned.get("quantity")),
            (_("Domain"), in_both_forms(cleaned.get("domain", ""))),
            (_("Host name"), in_both_forms(cleaned.get("hostname", ""))),
            (_("Nameservers"), ", ".join(cleaned.get("nameservers") or [])),
            (_("Addons"), ", ".join(map(str, cleaned.get("addons") or []))),
        ]
        return facts + [fact for fact in further if fact[1]]

    def _product_id(self) -> int:
        return int(self.chosen.remote_id if self.chosen else self.cleaned_data["product_id"])

    def _chosen(self) -> Product | None:
        named = (self.data if self.is_bound else self.initial).get("product")
        try:
            return Product.objects.filter(kind=Product.Kind.SERVICE, pk=named).first() if named else None
        except ValidationError:  # no id at all, such as "other"
            return None

    def _keep(self, name: str, is_kept: object) -> None:
        if not is_kept:
            del self.fields[name]

    def _offer_cycles(self, cycles: Sequence[str]) -> None:
        choices = [(value, label) for value, label in Product.Cycle.choices if value in cycles]
        words = _("This product is not available with this billing cycle.")
        errors = {"invalid_choice": words, "required": words}
        self.fields["cycle"] = forms.ChoiceField(
            label=_("Billing cycle"), choices=choices, error_messages=errors
        )
        self.order_fields(list(ServiceOrder.base_fields))


class _DomainOrder(OrderForm):
    type: ClassVar[str]  # Ultahost's value

    domain = HostField(label=gettext_lazy("Domain"))
    years = forms.TypedChoiceField(label=gettext_lazy("Years"), choices=YEARS, coerce=int)

    def ordered(self) -> dict[str, object]:
        cleaned = self.cleaned_data
        return {"domain": [cleaned["domain"]], "domaintype": [self.type], "regperiod": [cleaned["years"]]}

    def described(self) -> Facts:
        cleaned = self.cleaned_data
        return [(_("Domain"), in_both_forms(cleaned["domain"])), (_("Years"), cleaned["years"])]


class RegistrationOrder(_DomainOrder):
    kind = type = "register"
    title = gettext_lazy("Register a domain")


class TransferOrder(_DomainOrder):
    kind = type = "transfer"
    title = gettext_lazy("Transfer a domain here")
    review = TransferReview


KINDS: dict[str, type[OrderForm]] = {
    form.kind: form
    for form in (ServiceOrder, RegistrationOrder, TransferOrder, DomainRenewalOrder, ServiceRenewalOrder)
}
