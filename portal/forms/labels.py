from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.forms.meanwhile import SharedForm
from portal.models import Label, Remark
from portal.models.labels import LONGEST_LABEL
from portal.models.one_line import OneLine
from portal.pages.selects import Select, Suggested
from ultahost_api.models import Domain, InvoiceItem, Service


class LabelForm(forms.Form):
    """``labels`` are suggested; any other name makes a new label."""

    label = OneLine(label=_("Label"), required=False, max_length=LONGEST_LABEL)

    def __init__(self, *args: Any, labels: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        widget = Suggested(label.name for label in labels)
        widget.attrs["maxlength"] = LONGEST_LABEL
        self.fields["label"].widget = widget


class RemarkForm(LabelForm, SharedForm):
    note = Remark._meta.get_field("note").formfield(label=pgettext_lazy("team", "Note"))

    @staticmethod
    def initial_of(row: Any) -> dict[str, Any]:
        remark: Remark | None = getattr(row, "remark", None)
        return {"label": remark.label or "", "note": remark.note} if remark else {}


class LineForm(LabelForm):
    """What lines of an invoice are of. Without ``things`` a label alone can be chosen."""

    thing = forms.TypedChoiceField(
        label=_("Service or domain"), required=False, widget=Select, empty_value=None
    )
    field_order = ("thing", "label")

    def __init__(self, *args: Any, things: list[Service | Domain] | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if things is None:
            del self.fields["thing"]
            return
        by_id = {str(thing.pk): thing for thing in things}
        field: Any = self.fields["thing"]
        none = ("", pgettext_lazy("service or domain", "None"))
        field.choices = [none, *((pk, _called(thing)) for pk, thing in by_id.items())]
        field.coerce = by_id.get

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("thing") and values.get("label"):
            raise forms.ValidationError(
                _("Choose a service or domain, which has its own label, or enter a label.")
            )
        return values

    @staticmethod
    def initial_of(item: InvoiceItem, label: Label | None) -> dict[str, Any]:
        return {"thing": item.service_id or item.domain_id or "", "label": label or ""}


def _called(thing: Service | Domain) -> str:
    beneath = thing.product_name if isinstance(thing, Service) and thing.domain else ""
    return " · ".join(filter(None, [str(thing), beneath]))
