from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.utils.translation import gettext_lazy as _

from portal.forms.meanwhile import SharedModelForm
from portal.models import Gateway, Product, ServiceCommand
from ultahost_api.models import Service

_OPTIONS = ["takes_quantity", "takes_addons", "takes_nameservers"]


class ProductForm(SharedModelForm):
    cycles = forms.MultipleChoiceField(
        label=_("Billing cycles"),
        choices=Product.Cycle.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Billing cycles it can be ordered with. Select none to allow any."),
    )

    class Meta:
        model = Product
        fields = ["name", "remote_id", "kind", "cycles", *_OPTIONS]
        labels = {"remote_id": _("Product ID at Ultahost")}
        error_messages = {
            NON_FIELD_ERRORS: {
                "unique_together": _("The catalogue has a product of this kind and ID already.")
            }
        }


class GatewayForm(SharedModelForm):
    class Meta:
        model = Gateway
        fields = ["words", "name"]
        help_texts = {"name": _("Ultahost's name for it, such as “stripe” or “banktransfer”.")}


class ServiceCommandForm(SharedModelForm):
    products = forms.MultipleChoiceField(
        label=_("Products"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Products whose services have this command. Select none for every product."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        seen = Service.objects.present().exclude(product_name="").order_by()
        names = {*seen.values_list("product_name", flat=True).distinct(), *self.instance.products}
        names |= {*Product.objects.filter(kind=Product.Kind.SERVICE).values_list("name", flat=True)}
        field: Any = self.fields["products"]
        field.choices = [(name, name) for name in sorted(names, key=str.casefold)]

    class Meta:
        model = ServiceCommand
        fields = ["words", "name", "dangerous", "products"]
        help_texts = {"name": _("The module's name for it, such as “reboot”.")}
