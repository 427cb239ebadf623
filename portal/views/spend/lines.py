"""The lines behind the tables of Spend as a file: what a bookkeeper charges on."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal import access
from portal.models.labels import label_of_line
from portal.pages import exports
from portal.pages.columns import Column
from portal.queries.spend import Spend
from portal.views.spend.chosen import Chosen
from portal.wording import spend as words
from ultahost_api.models import InvoiceItem
from ultahost_api.models.spending import BY_PRODUCT

COLUMNS = (
    Column("account", _("Account"), lambda line: line.invoice.account),
    Column("number", _("Number"), lambda line: line.invoice),
    Column("date", _("Date"), lambda line: line.invoice.date),
    Column("status", _("Status"), lambda line: line.invoice.shown_status),
    Column("line", _("Description"), lambda line: line.description),
    Column("net", _("Net"), lambda line: line.amount),
    Column("currency", _("Currency"), lambda line: line.invoice.currency),
    Column("product", _("Product"), lambda line: words.product(line.key) if line.key else ""),
    Column("label", pgettext_lazy("team", "Label"), lambda line: line.label_name),
)


def lines(spend: Spend) -> QuerySet[InvoiceItem]:
    """Those of the invoices of the period, with the keys under which the tables count them."""
    found = InvoiceItem.objects.filter(invoice__in=spend.invoices_of_period.values("pk"))
    told = found.annotate(key=BY_PRODUCT, label_of=label_of_line()).select_related("invoice__account")
    return told.order_by("invoice__date", "invoice__remote_id", "position", "pk")


def named(chosen: Chosen, found: QuerySet[InvoiceItem]) -> Iterator[Any]:
    """The lines with the names of their labels, as far as the person may see these."""
    names = {label.pk: label.name for label in access.labels_to_see(chosen.user)}
    for line in exports.read(found):
        line.label_name = names.get(line.label_of, "")
        yield line
