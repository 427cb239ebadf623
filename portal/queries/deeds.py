"""What operations did, in words, with the names of the rows that they are about."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import CharField, F, QuerySet, TextField, Value
from django.db.models.functions import Coalesce, NullIf

from portal import access
from portal.models import Product, ServiceCommand, User
from portal.wording import deeds
from portal.wording.links import href
from portal.wording.operations import act_together
from ultahost_api.models import Operation
from ultahost_api.models.cached import Cached

# Where the rows of each noun are found, and what they are called, as their models say.
_ROWS: dict[str, tuple[Any, Any]] = {
    "service": (access.services_to_view, Coalesce(NullIf("domain", Value("", TextField())), "product_name")),
    "domain": (access.domains_to_view, F("name")),
    "invoice": (access.invoices_to_view, F("number")),
    "quote": (access.quotes_to_view, F("subject")),
}


class Subject(NamedTuple):
    """The row that an operation is about."""

    noun: str
    account_id: UUID
    remote_id: int
    pk: UUID
    name: str
    currency: str  # of an invoice or a quote, which keep their own; empty for the others

    def __str__(self) -> str:
        return self.name or f"#{self.remote_id}"

    @property
    def url(self) -> str:
        return (
            href("quote", self.account_id, self.remote_id)
            if self.noun == "quote"
            else href(self.noun, self.pk)
        )


class Deeds:
    """Of some operations. A row is named as far as the user may view it; one statement reads all names."""

    def __init__(self, user: User, operations: Iterable[Operation], *, are_here: bool = False) -> None:
        operations = list(operations)
        self._names = _names(operations)
        found = [] if are_here else _subjects(user, operations)
        self._subjects = {(one.account_id, one.noun, one.remote_id): one for one in found}

    def words(self, operation: Operation) -> str:
        return deeds.deed(operation, self._names, self.subject(operation))

    def words_here(self, operation: Operation, row: Cached) -> str:
        """Without the name of the row, on its own page."""
        return deeds.deed_here(operation, self._names, row)

    def asked(self, operation: Operation) -> str:
        return deeds.asked(operation, self._names)

    def asked_together(self, operation: Operation) -> str:
        """Of all rows of a batch, of which this is one."""
        return deeds.asked(operation, self._names, act_together)

    def name(self, operation: Operation) -> str:
        return deeds.name(operation, self.subject(operation))

    def subject(self, operation: Operation) -> Subject | None:
        """None if there is no row that the user may view."""
        return self._subjects.get((operation.account_id, operation.noun, operation.remote_id or 0))


def deed(user: User, operation: Operation) -> str:
    return Deeds(user, [operation]).words(operation)


def _subjects(user: User, operations: Sequence[Operation]) -> Sequence[Subject]:
    """Kept while no row of the user's accounts changes."""
    about = frozenset((one.noun, one.account_id, one.remote_id) for one in operations)

    def read() -> Sequence[Subject]:
        found = [_found(user, noun, [one for one in operations if one.noun == noun]) for noun in _ROWS]
        named = [rows for rows in found if rows is not None]
        rows = named[0].union(*named[1:], all=True) if named[1:] else named[0] if named else ()
        return [*map(Subject._make, rows)]

    return access.kept_rows(user, ("subjects", about), read)


def _found(user: User, noun: str, operations: Sequence[Operation]) -> "QuerySet[Any, Any] | None":
    ids = {one.remote_id for one in operations if one.remote_id}
    if not ids:
        return None
    rows, name = _ROWS[noun]
    currency = F("currency") if noun in deeds.KEEP_CURRENCY else Value("", CharField())
    known = rows(user).filter(remote_id__in=ids, account__in={one.account_id for one in operations})
    told: QuerySet[Any, Any] = known.order_by().values_list(
        Value(noun, CharField()), "account_id", "remote_id", "pk", name, currency
    )
    return told


def _names(operations: Sequence[Operation]) -> deeds.Names:
    """From the catalogue, as far as the operations need it."""
    acts = {operation.action for operation in operations}
    products, commands = {}, {}
    if "create_order" in acts:
        known = Product.objects.filter(kind=Product.Kind.SERVICE)
        products = dict(known.values_list("remote_id", "name"))
    if "service_module_custom" in acts:
        commands = dict(ServiceCommand.objects.values_list("name", "words"))
    return deeds.Names(products, commands)
