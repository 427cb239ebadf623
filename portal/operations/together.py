"""Many writes of one kind: the page that a person confirms, and the batch that it makes."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID, uuid5

from django.http import Http404, QueryDict
from django.utils.translation import gettext_lazy as _

from portal import access
from portal.models import User
from portal.operations import acting_key
from ultahost_api import operations
from ultahost_api.calls.estimates import seconds_for_all
from ultahost_api.client.core.write import Write
from ultahost_api.models import Account, ApiKey, Operation
from ultahost_api.operations import WriteRequest

_NO_KEY, _TWIN = _("This account has no active key."), _("An identical request is in progress.")
_GONE = _("It is no longer at Ultahost.")


@dataclass(frozen=True, slots=True)
class Item:
    """One row, the key that it would be changed with, and why it cannot be changed: empty if it can."""

    row: Any
    key: ApiKey | None
    hindrance: object = ""


class Together:
    """``hindered`` says what rules out one row besides; ``calls`` is how many each write takes.

    ``subject`` is what ``WriteAction.subject`` will give of a row: another write of it is its twin.
    ``noted`` is stored with the operation of a row.
    """

    def __init__(
        self,
        user: User,
        rows: Iterable[Any],
        action: str,
        *,
        hindered: Callable[[Any], object] = lambda row: "",
        calls: int = 1,
        subject: Callable[[Any], str] = lambda row: str(row.remote_id),
        noted: Callable[[Any], Mapping[str, object]] = lambda row: {},
    ) -> None:
        self.user, self.action, self.calls = user, action, calls
        self._rows, self._hindered, self._subject, self._noted = list(rows), hindered, subject, noted

    @cached_property
    def items(self) -> list[Item]:
        keys = {account: access.key_to_write_with(self.user, account) for account in self._accounts}
        pending = self._pending()
        return [
            Item(row, keys[row.account], self._why_not(row, keys[row.account], pending)) for row in self._rows
        ]

    @property
    def doable(self) -> list[Item]:
        return [item for item in self.items if not item.hindrance]

    @property
    def left_out(self) -> list[Item]:
        return [item for item in self.items if item.hindrance]

    @property
    def accounts(self) -> list[Account]:
        return list(dict.fromkeys(item.row.account for item in self.doable))

    @property
    def keys(self) -> dict[Account, ApiKey]:
        return {item.row.account: item.key for item in self.doable if item.key}

    @property
    def whose(self) -> list[tuple[Account, str, ApiKey, int]]:
        """Each account with the key in words, the key, and how many rows are changed with it."""
        counts = [item.row.account for item in self.doable]
        return [
            (account, acting_key.whose(self.user, key), key, counts.count(account))
            for account, key in self.keys.items()
        ]

    @property
    def seconds(self) -> float:
        """The estimate: accounts are worked on beside each other."""
        return seconds_for_all((key, count * self.calls) for _account, _whose, key, count in self.whose)

    def confirm(
        self,
        token: UUID,
        named: QueryDict,
        make: Callable[[Any], Write],
        agreed: Mapping[UUID, Decimal] | None = None,
    ) -> UUID:
        """Queues all of them. Raises OtherKey if a key would be used that the page did not name.

        A token that was used gives the batch that it made. ``agreed`` has the total that the page showed of
        each row: another one is not sent. A 404 if it lacks one.
        """
        batch = batch_of(self.user, token)
        if not access.operations_together(self.user, batch):
            operations.queue(self._requests(batch, named, make, agreed), batch)
        return batch

    def _requests(
        self,
        batch: UUID,
        named: QueryDict,
        make: Callable[[Any], Write],
        agreed: Mapping[UUID, Decimal] | None,
    ) -> list[WriteRequest]:
        if agreed is not None and not {item.row.pk for item in self.doable} <= {*agreed}:
            raise Http404
        keys = {
            account: acting_key.as_named(self.user, account, _uuid(named.get(f"key-{account.pk}", "")), key)
            for account, key in self.keys.items()
        }
        return [
            WriteRequest(
                self.user,
                keys[item.row.account],
                make(item.row),
                uuid5(batch, str(item.row.pk)),
                self._noted(item.row),
                agreed_total=agreed[item.row.pk] if agreed is not None else None,
            )
            for item in self.doable
        ]

    @property
    def _accounts(self) -> list[Account]:
        return list(dict.fromkeys(row.account for row in self._rows))

    def _pending(self) -> set[tuple[Any, str]]:
        pending = Operation.objects.pending().filter(action=self.action, account__in=self._accounts)
        return set(pending.values_list("account", "subject"))

    def _why_not(self, row: Any, key: ApiKey | None, pending: set[tuple[Any, str]]) -> object:
        if row.is_gone:
            return _GONE
        if key is None:
            return _NO_KEY
        if (row.account_id, self._subject(row)) in pending:
            return _TWIN
        return self._hindered(row)


def batch_of(user: User, token: UUID) -> UUID:
    """A token is copied easily; a batch is its sender's alone."""
    return uuid5(token, str(user.pk))


def _uuid(told: str) -> UUID:
    try:
        return UUID(told)
    except ValueError:
        raise Http404 from None
