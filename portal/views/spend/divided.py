"""How Spend divides invoices: by product, label and account, and what stands beside the rows of each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from portal import access
from portal.pages.invoice_filters import UNASSIGNED
from portal.pages.sheets import Line
from portal.queries.spend import Partition, Spend
from portal.views.spend.chosen import Chosen
from portal.wording import formats
from portal.wording import spend as words

Told = TypeVar("Told")


@dataclass(frozen=True, slots=True)
class Division:
    """``name`` is that of its sheet. ``field`` of the list of invoices chooses those behind a row."""

    name: str
    title: str
    heading: str
    field: str
    of: Callable[[Spend], Partition]
    label: Callable[[Any], str]
    counted: Callable[[int], str]

    def rest(self, told: tuple[Told, Told, Told, Told], line: Callable[..., Line], note: str) -> list[Line]:
        """What belongs to no row, which most often is nothing, tax, credit, and the total with its note.

        ``line`` makes a line of a label, of one of what is ``told`` of these, and of what chooses the
        invoices behind it.
        """
        not_assigned, tax, credit, total = told
        rest = [
            line(_("Not assigned"), not_assigned, kind="rest", **{self.field: UNASSIGNED}),
            line(_("Tax"), tax, kind="rest"),
            line(_("Credit"), credit, kind="rest", credit="used"),
            line(_("Total after credit"), total, note, kind="total"),
        ]
        return rest if not_assigned else rest[1:]


def by_product() -> Division:
    return Division(
        "products",
        _("By product"),
        _("Product"),
        "product",
        lambda spend: spend.by_product,
        words.product,
        words.lines,
    )


def by_label(chosen: Chosen) -> Division:
    names = {label.pk: label.name for label in access.labels_to_see(chosen.user)}
    return Division(
        "labels",
        _("By label"),
        pgettext("team", "Label"),
        "of_label",
        lambda spend: spend.by_label,
        lambda key: names.get(key, formats.NOTHING),
        words.lines,
    )


def by_account(chosen: Chosen) -> Division:
    accounts = chosen.form.accounts
    return Division(
        "accounts",
        _("By account"),
        _("Account"),
        "account",
        lambda spend: spend.by_account,
        lambda key: str(accounts.get(str(key), formats.NOTHING)),
        words.invoices,
    )


def has_labels(chosen: Chosen) -> bool:
    """Whether the person sees any."""
    return access.labels_to_see(chosen.user).exists()
