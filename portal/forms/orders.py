"""The forms for orders.

These forms are query strings: an order can be reviewed, gone back to and kept as a link.
What is secret is asked for by the review, which is a WriteForm.
"""

from typing import Any, ClassVar

from django import forms
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from portal.forms.domains import HostField, in_both_forms
from portal.models import Product
from portal.operations.form import WriteForm
from portal.queries.payment_gateways import known_gateways
from portal.wording.cycles import cycle_word
from ultahost_api.client import Secret
from ultahost_api.models import Account, Domain, Service

Facts = list[tuple[Any, Any]]

YEARS = [(years, years) for years in range(1, 11)]
NOT_RENEWABLE = ("Pending", "Cancelled", "Pending Transfer", "Transferred Away", "Fraud")


class Review(WriteForm):
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

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account
        self.fields["payment_method"] = self._payment_method(account)
        self.fields["promo_code"] = forms.CharField(label=_("Promotion code"), required=False, max_length=100)

    @staticmethod
    def _payment_method(account: Account) -> forms.Field:
        label = _("Payment method")
        if gateways := known_gateways(account):
            return forms.ChoiceField(label=label, choices=gateways)
        words = _("Ultahost's name for it, such as “stripe” or “banktransfer”.")
        return forms.CharField(label=label, max_length=60, help_text=words)

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
    def facts(self) -> Facts:
        method = self.cleaned_data["payment_method"]
        words = dict(known_gateways(self.account)).get(method, method)
        facts = [*self.described(), (_("Payment method"), words)]
        if self.cleaned_data["promo_code"]:
            facts.append((_("Promotion code"), self.cleaned_data["promo_code"]))
        return facts


class ServiceOrder(OrderForm):
    kind = "service"
    title = gettext_lazy("A service")
    review = ServiceReview

    product = forms.ModelChoiceField(
        Product.objects.filter(kind=Product.Kind.SERVICE), label=gettext_lazy("Product"), required=False
    )
    product_id = forms.IntegerField(
        label=gettext_lazy("Product id at Ultahost"),
        required=False,
        min_value=1,
        max_value=2**31 - 1,
        help_text=gettext_lazy("For products not listed above."),
    )
    cycle = forms.ChoiceField(label=gettext_lazy("Billing cycle"), choices=Product.Cycle.choices)
    domain = HostField(label=gettext_lazy("Domain"), required=False)
    hostname = HostField(label=gettext_lazy("Host name"), required=False)
    addons = forms.ModelMultipleChoiceField(
        Product.objects.filter(kind=Product.Kind.ADDON),
        label=gettext_lazy("Addons"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        there = set(Product.objects.values_list("kind", flat=True))
        for name, kind in [("product", Product.Kind.SERVICE), ("addons", Product.Kind.ADDON)]:
            if kind not in there:
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        product = cleaned.get("product")
        if bool(product) == bool(cleaned.get("product_id")) and not self.errors:
            self.add_error("product_id", _("Choose a product or enter its ID."))
        if product and product.cycles and cleaned.get("cycle") not in product.cycles:
            self.add_error("cycle", _("This product is not available with this billing cycle."))
        return cleaned

    def ordered(self) -> dict[str, object]:
        cleaned = self.cleaned_data
        addons = ",".join(str(addon.remote_id) for addon in cleaned.get("addons") or [])
        lists = {
            "pid": self._product_id(),
            "billingcycle": cleaned["cycle"],
            "domain": cleaned["domain"],
            "hostname": cleaned["hostname"],
            "addons": addons,
        }
        return {name: [value] for name, value in lists.items() if value}

    def described(self) -> Facts:
        cleaned = self.cleaned_data
        product = cleaned.get("product")
        name = _("%(product)s (id %(id)s)") % {"product": product, "id": self._product_id()}
        facts: Facts = [
            (_("Product"), name if product else _("id %(id)s") % {"id": self._product_id()}),
            (_("Billing cycle"), Product.Cycle(cleaned["cycle"]).label),
        ]
        further = [
            (_("Domain"), in_both_forms(cleaned["domain"])),
            (_("Host name"), in_both_forms(cleaned["hostname"])),
            (_("Addons"), ", ".join(map(str, cleaned.get("addons") or []))),
        ]
        return facts + [fact for fact in further if fact[1]]

    def _product_id(self) -> int:
        product = self.cleaned_data.get("product")
        return int(product.remote_id if product else self.cleaned_data["product_id"])


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


class DomainRenewalOrder(OrderForm):
    kind = "renew-domains"
    title = gettext_lazy("Renew domains")

    years = forms.TypedChoiceField(label=gettext_lazy("Years"), choices=YEARS, coerce=int)

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, account=account, **kwargs)
        renewable = Domain.objects.of([account]).present().exclude(status__in=NOT_RENEWABLE)
        self.fields["domains"] = _several(renewable.order_by("name"), _("Domains"))
        self.order_fields(["domains"])

    def ordered(self) -> dict[str, object]:
        years = self.cleaned_data["years"]
        return {"domainrenewals": {domain.name: years for domain in self.cleaned_data["domains"]}}

    def described(self) -> Facts:
        years = self.cleaned_data["years"]
        words = ngettext("%(years)d year", "%(years)d years", years) % {"years": years}
        return [(domain, words) for domain in self.cleaned_data["domains"]]


class ServiceRenewalOrder(OrderForm):
    kind = "renew-services"
    title = gettext_lazy("Renew services")

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, account=account, **kwargs)
        renewable = Service.objects.of([account]).present().filter(status__in=["Active", "Suspended"])
        self.fields["services"] = _several(renewable.order_by("domain", "product_name"), _("Services"))
        self.order_fields(["services"])

    def ordered(self) -> dict[str, object]:
        return {"servicerenewals": [service.remote_id for service in self.cleaned_data["services"]]}

    def described(self) -> Facts:
        services = self.cleaned_data["services"]
        return [
            (service, _("another %(cycle)s") % {"cycle": cycle_word(service.billing_cycle)})
            for service in services
        ]


def _several(rows: QuerySet[Any], label: str) -> forms.ModelMultipleChoiceField:
    return forms.ModelMultipleChoiceField(rows, label=label, widget=forms.CheckboxSelectMultiple)


KINDS: dict[str, type[OrderForm]] = {
    form.kind: form
    for form in (ServiceOrder, RegistrationOrder, TransferOrder, DomainRenewalOrder, ServiceRenewalOrder)
}
