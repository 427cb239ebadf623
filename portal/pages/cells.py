"""Cells of the columns of lists, made from the names of the row's fields that they show."""

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any

from portal.pages import parts
from portal.wording.links import href

Cell = Callable[[Any, Mapping[str, Any]], Any]  # takes the row and the table's ``about``


def name(route: str, *ids: str, text: Callable[[Any], object] = str) -> Cell:
    """A link to the page of the row, with a mark if some of its fields could not be read."""
    ids_of = [attrgetter(id_) for id_ in ids]

    def cell(row: Any, _about: Mapping[str, Any]) -> object:
        link = parts.link(href(route, *(id_(row) for id_ in ids_of)), text(row))
        return link + parts.unread_mark(row) if row.unreadable else link

    return cell


def plain(field: str) -> Cell:
    of = attrgetter(field)
    return lambda row, _about: of(row)


def gateway(row: Any, about: Mapping[str, Any]) -> str:
    """By the name that the team gave it; the table's ``about`` has them all."""
    return str(about["gateways"].get(row.payment_method, row.payment_method))


def status(field: str) -> Cell:
    of = attrgetter(field)
    return lambda row, _about: parts.status(of(row))


def account(row: Any, _about: Mapping[str, Any]) -> object:
    return parts.account(row.account)


def day(field: str) -> Cell:
    return lambda row, _about: parts.date_of(row, field)


def moment(field: str) -> Cell:
    return lambda row, _about: parts.moment_of(row, field)


def when(field: str) -> Cell:
    """A moment of one of our own rows, which have no unreadable fields."""
    of = attrgetter(field)
    return lambda row, _about: parts.when(of(row))


def amount(field: str, currency: str = "account.currency") -> Cell:
    currency_of = attrgetter(currency)
    return lambda row, _about: parts.amount(row, field, currency_of(row))
