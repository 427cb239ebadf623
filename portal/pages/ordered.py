"""What was ordered, beneath the number of an order and in a column of its own."""

from collections.abc import Mapping
from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from portal.pages import cells
from portal.pages.columns import Column

_link = cells.name("order", "account_id", "remote_id")


def _things(order: Any) -> str:
    return "; ".join(order.things)


def _name(order: Any, about: Mapping[str, Any]) -> Any:
    things = _things(order)
    beneath = format_html('<small class="kept" title="{0}">{0}</small>', things) if things else ""
    return format_html("{}{}", _link(order, about), beneath)


# Of orders with their items.
NUMBER = Column("number", _("Order"), str, "name", cell=_name)
THINGS = Column("things", _("Services and domains"), _things, "extra")
