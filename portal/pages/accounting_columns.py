"""What an accountant reads of an invoice, the same in the list, its file and a statement."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from portal.pages import cells, parts
from portal.pages.columns import Column
from portal.wording import formats
from portal.wording.translated import Translated
from ultahost_api.models import Invoice

_WORDS = Translated({"not read": _("not read yet")})


# Of an invoice of hundreds of lines a page or a sheet of paper names so many; the file has all.
_NAMED, _LONGEST = 5, 300  # lines; letters of each


def service_names(invoice: Invoice) -> str:
    """Of an invoice of ``queries.related.with_things``."""
    return "; ".join(map(str, invoice.things))


def first_service_names(invoice: Invoice) -> str:
    names = [str(thing) for thing in invoice.things]
    more = len(names) - _NAMED
    words = ngettext(
        "%(names)s; and %(count)d more, in the CSV file",
        "%(names)s; and %(count)d more, in the CSV file",
        more,
    )
    return _first(names, words)


def label_names(invoice: Invoice) -> str:
    """The labels of its lines, each once."""
    items: Any = invoice.items.all()
    return "; ".join(dict.fromkeys(item.label_name for item in items if item.label_name))


def line_texts(invoice: Invoice) -> str:
    """What it was for, in the words of Ultahost."""
    return "; ".join(_lines(invoice))


def first_line_texts(invoice: Invoice) -> str:
    lines = _lines(invoice)
    more = len(lines) - _NAMED
    words = ngettext(
        "%(names)s; and %(count)d more line, in the CSV file",
        "%(names)s; and %(count)d more lines, in the CSV file",
        more,
    )
    return _first(lines, words)


def _lines(invoice: Invoice) -> list[str]:
    return [" ".join(item.description.split()) for item in invoice.items.all()]


def _first(names: list[str], words: str) -> str:
    shown = [name if len(name) <= _LONGEST else f"{name[:_LONGEST]}…" for name in names[:_NAMED]]
    told, more = "; ".join(shown), len(names) - _NAMED
    return words % {"names": told, "count": more} if more > 0 else told


def detail(field: str) -> cells.Cell:
    """An amount that comes with the details."""
    shown = cells.amount(field, "currency")

    def cell(invoice: Invoice, about: Mapping[str, Any]) -> Any:
        return shown(invoice, about) if invoice.is_detailed else parts.quiet(_WORDS["not read"])

    return cell


def _tax(invoice: Invoice, about: Mapping[str, Any]) -> Any:
    if not invoice.is_detailed:
        return parts.quiet(_WORDS["not read"])
    told = invoice.unreadable.get("tax", invoice.unreadable.get("tax2"))
    return parts.or_unread(formats.money(invoice.both_taxes, invoice.currency), told)


NET = Column("net", _("Net"), lambda i: i.subtotal, "number extra", cell=detail("subtotal"))
TAX = Column("tax", _("Tax"), lambda i: i.both_taxes, "number extra", cell=_tax)
CREDIT_USED = Column("credit", _("Credit used"), lambda i: i.credit, "number extra", cell=detail("credit"))
SERVICE = Column("service", _("Services and domains"), service_names, "extra")
LABEL = Column("label", pgettext_lazy("team", "Label"), label_names, "extra")
