"""What lists of services and domains have of labels: columns, and the boxes to select rows by."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal import access
from portal.models import User
from portal.models.labels import LONGEST_LABEL
from portal.pages import parts
from portal.pages.columns import Column
from portal.pages.selects import Suggested
from portal.pages.tables import Table
from portal.wording.links import href
from portal.wording.translated import Translated
from ultahost_api.models import Domain, Service

_WORDS = Translated(
    {
        "pick": _("Select %(row)s"),
        "view only": _("%(row)s cannot be selected: you can only view its account."),
    }
)


def label(row: Any) -> str:
    remark = getattr(row, "remark", None)  # a row without one has no such attribute
    return remark.label.name if remark and remark.label else ""


def note(row: Any) -> str:
    remark = getattr(row, "remark", None)
    return remark.note if remark else ""


def _pick(row: Any, about: Mapping[str, Any]) -> str:
    if row.account_id not in about["operated"]:
        return parts.no_pick(_WORDS["view only"] % {"row": row})
    added = parts.amount_to_add(_amount(row), row.account.currency)
    return parts.pick(row.pk, "set-labels", _WORDS["pick"] % {"row": row}, added)


def _amount(row: Service | Domain) -> Decimal | None:
    return row.recurring_amount if isinstance(row, Domain) else row.amount


def labelling(user: User, table: Table) -> dict[str, Any]:
    """What a list needs so that labels can be set in it, where the user may do so.

    Its column is shown once there is a label, unless the person chose other columns.
    """
    operated = {account.pk for account in access.accounts_to_operate(user)}
    is_usual = not user.columns.get(table.listing.name) and not table.listing.always
    if is_usual and table.labels:
        table.shown = [*table.shown[:-1], "label", *table.shown[-1:]]
    if operated:
        table.shown = ["pick", *table.shown]
    placeholder = _("Label")
    attributes = {"id": "set-label", "maxlength": LONGEST_LABEL, "placeholder": placeholder, "required": True}
    suggested = Suggested(label.name for label in table.labels)
    return {"operated": operated, "label_input": suggested.render("label", "", attributes)}


def url(user: User, row: Service | Domain) -> str:
    """Of the form that changes label and note; empty if the user may not."""
    return href(f"label_{row._meta.model_name}", row.pk) if access.may_set_label(user, row) else ""


PICK = Column("pick", _("Select all"), css_class="pick", cell=_pick)
LABEL = Column("label", _("Label"), label, "extra label", cell=lambda row, _about: label(row))
NOTE = Column("note", pgettext_lazy("team", "Note"), note, "extra label", cell=lambda row, _about: note(row))
COLUMNS = (LABEL, NOTE, PICK)
