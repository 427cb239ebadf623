import re
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from portal.forms.meanwhile import SharedModelForm
from portal.models import SavedView
from portal.models.saved_views import LONGEST_QUERY
from ultahost_api.models import LISTS as NOUNS

# The lists whose views can be saved, by the names of their listings
LISTS = (*(noun.value for noun in NOUNS), "operations", "changes", "audit")

_NAME = re.compile(r"[a-z_]{1,20}")
_LEFT_OUT = {"page", "size", "live", "tries"}


def kept(query: str) -> str:
    """What a view keeps of a list's address: filters and sort."""
    told = QueryDict(query, mutable=True)
    for name, values in list(told.lists()):
        if name in _LEFT_OUT or not _NAME.fullmatch(name) or not any(values):
            told.pop(name)
    return told.urlencode()


class SavedViewForm(SharedModelForm):
    class Meta:
        model = SavedView
        fields = ["name", "shared"]
        help_texts = {"shared": _("Everyone sees only the rows that they may see.")}

    def clean_name(self) -> str:
        """Another view of its owner would have the same name; what makes a view anew replaces that."""
        name: str = self.cleaned_data["name"]
        view = self.instance
        same = SavedView.objects.filter(owner=view.owner_id, listing=view.listing, name=name)
        if view.owner_id and same.exclude(pk=view.pk).exists():
            raise forms.ValidationError(_("There is another view of this name in this list."))
        return name


class NewViewForm(SavedViewForm):
    listing = forms.ChoiceField(choices=[(name, name) for name in LISTS], widget=forms.HiddenInput())
    query = forms.CharField(required=False, max_length=LONGEST_QUERY, widget=forms.HiddenInput())

    class Meta(SavedViewForm.Meta):
        fields = ["name", "shared", "listing", "query"]

    def clean(self) -> dict[str, Any]:
        """What is wrong with a hidden field is said above the others."""
        values = super().clean() or {}
        if {"listing", "query"} & set(self.errors):
            self.add_error(None, _("The filters of this list cannot be saved."))
        return values

    def clean_query(self) -> Any:
        return kept(self.cleaned_data["query"])
