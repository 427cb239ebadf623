from django import forms
from django.utils.translation import gettext_lazy as _

from portal.models import Gateway, Product, ServiceCommand

_OPTIONS = ["takes_quantity", "takes_addons", "takes_nameservers"]


class ProductForm(forms.ModelForm):
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


class GatewayForm(forms.ModelForm):
    class Meta:
        model = Gateway
        fields = ["words", "name"]
        help_texts = {"name": _("Ultahost's name for it, such as “stripe” or “banktransfer”.")}


class ServiceCommandForm(forms.ModelForm):
    class Meta:
        model = ServiceCommand
        fields = ["words", "name", "dangerous"]
        help_texts = {"name": _("The module's name for it, such as “reboot”.")}
