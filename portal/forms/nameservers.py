from django import forms
from django.utils.translation import gettext_lazy as _

from portal.forms.domains import ServersField
from portal.forms.meanwhile import SharedModelForm
from portal.models import NameserverSet


class NameserverSetForm(SharedModelForm):
    servers = ServersField(
        label=_("Nameservers"),
        help_text=_("One a line, two to five. A pasted list may have commas, spaces or tabs."),
    )

    class Meta:
        model = NameserverSet
        fields = ["name", "servers"]

    def get_initial_for_field(self, field: forms.Field, field_name: str) -> object:
        value = super().get_initial_for_field(field, field_name)
        return "\n".join(value) if isinstance(value, list) else value
