"""What needs a person: where it is found, noun by noun."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid5

from django.db.models import F, QuerySet
from django.utils import timezone

from portal import access
from portal.models import User
from portal.queries.at_risk import Button, Remedies
from portal.queries.deeds import Deeds
from ultahost_api.models import Account, Invoice, Operation


class Kind(StrEnum):
    """In the order in which entries of the same urgency stand."""

    DOMAIN = "domain"
    SERVICE = "service"
    OVERDUE = "overdue"
    UNPAYABLE = "unpayable"
    OPERATION = "operation"
    QUOTE = "quote"
    KEY = "key"


GROUPS = (Kind.OVERDUE, Kind.UNPAYABLE)  # of invoices; the others are one row each


@dataclass(frozen=True, slots=True)
class Entry:
    """``on`` is the day that it is about, ``when`` says how far away that is."""

    kind: Kind
    subject: UUID
    hue: str
    title: str
    url: str
    why: str
    button: Button
    account: Account | None = None
    on: date | None = None
    when: str = ""


@dataclass(frozen=True, slots=True)
class Reader:
    """The person, and what the entries of all nouns have in common."""

    user: User
    remedies: Remedies
    oldest_overdue: dict[UUID, Invoice]  # by account
    deeds: Deeds


def _domains(user: User) -> QuerySet[Any]:
    return access.domains_to_view(user).at_risk().to_save_first()


def _services(user: User) -> QuerySet[Any]:
    return access.services_to_view(user).needing_attention().with_suspension()


def _operations(user: User) -> QuerySet[Any]:
    unknown = access.operations_to_view(user).filter(state=Operation.State.UNKNOWN, settled_by=None)
    return unknown.order_by("created_at", "pk").select_related(None).select_related("user", "account")


def _quotes(user: User) -> QuerySet[Any]:
    waiting = access.quotes_to_view(user).waiting()
    return waiting.order_by(F("valid_until").asc(nulls_last=True), "pk")


def _keys(user: User) -> QuerySet[Any]:
    worrying = access.keys_to_manage(user).worrying().order_by("created_at", "pk")
    return worrying.select_related(None).select_related("account", "replaces")  # to build fewer is quicker


# The rows that need a person, of each kind that is one row each; the most urgent first.
ROWS: Mapping[Kind, Callable[[User], QuerySet[Any]]] = {
    Kind.DOMAIN: _domains,
    Kind.SERVICE: _services,
    Kind.OPERATION: _operations,
    Kind.QUOTE: _quotes,
    Kind.KEY: _keys,
}
COPIED = (Kind.DOMAIN, Kind.SERVICE, Kind.QUOTE)  # from Ultahost: they change when a refresh writes them
OWN = (Kind.OPERATION, Kind.KEY)  # the portal's: they change often, and few of them need a person


def own_that_may_need(user: User) -> dict[str, QuerySet[Any]]:
    """Of each of OWN the rows that need a person today or will until tomorrow. Most people have none."""
    tomorrow = timezone.now() + timedelta(days=1)
    return {Kind.KEY: access.keys_to_manage(user).worrying(tomorrow), Kind.OPERATION: _operations(user)}


def groups_of(user: User) -> dict[Kind, list[Invoice]]:
    """Of each account and currency the oldest invoice: those that are overdue, or that no key can pay.

    Not those that are being paid; where that has no known result, the operation itself needs a person.
    """
    key = "groups", access.ids_of_accounts_with_working_key()
    return access.kept_rows(user, key, lambda: _groups(user))


def _groups(user: User) -> dict[Kind, list[Invoice]]:
    overdue_or_unpayable = access.invoices_to_view(user).without_payment().overdue_or_without_key()
    found: dict[Kind, list[Invoice]] = {kind: [] for kind in GROUPS}
    for oldest in overdue_or_unpayable.oldest_of_each():
        found[Kind.OVERDUE if oldest.has_working_key else Kind.UNPAYABLE].append(oldest)
    return found


def subject_of(kind: Kind, row: Any) -> UUID:
    """Of a row its id; of a group one that is made of account and currency."""
    return uuid5(row.account_id, row.currency) if kind in GROUPS else row.pk
