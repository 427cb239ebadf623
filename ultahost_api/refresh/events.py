"""Events: changes at the provider, stored in the same transaction as the rows."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from ultahost_api.client.core.amounts import written
from ultahost_api.models import Event, Refresh
from ultahost_api.models.cached import Cached
from ultahost_api.refresh.nouns import NOUNS, CachedNoun

Kind = Event.Kind


def currencies(refresh: Refresh, row: Cached) -> tuple[str, str] | None:
    """The account's former and present one, until the row's amounts were told again since the change.

    ``refresh`` is that of the row's list. Call it before ``changed_at`` is set: a list may never be clean,
    and a row that changed since then was told.
    """
    account = refresh.account
    changed = account.currency_changed_at
    if changed is None or (refresh.clean_at and refresh.clean_at > changed):
        return None
    if row.changed_at > changed and not _only_left_amounts(row, NOUNS[refresh.noun], changed):
        return None
    return account.former_currency, account.currency


def _only_left_amounts(row: Cached, noun: CachedNoun, since: datetime) -> bool:
    """Whether all known changes since told no amount: a person's write, or that it was gone."""
    found = Event.objects.filter(row_id=row.pk, at__gt=since).values_list("kind", "changes")
    told = [kind == Kind.GONE or {*changes} <= {*noun.detail_names} for kind, changes in found]
    return bool(told) and all(told)


def happened(
    noun: CachedNoun,
    row: Cached,
    kind: str,
    changes: Mapping[str, Any] | None = None,
    currencies: tuple[str, str] | None = None,
) -> Event:
    """An event about ``row``, unsaved. ``currencies`` are those of an amount before and now, if they differ.

    A row that keeps a currency of its own has always one.
    """
    changes = dict(changes or {})
    has_amounts = any(isinstance(value, Decimal) for change in changes.values() for value in change)
    if currencies and has_amounts and not hasattr(row, "currency"):
        changes["currency"] = currencies
    return Event(
        account_id=row.account_id,
        noun=noun.noun,
        kind=kind,
        row_id=row.pk,
        remote_id=row.remote_id,
        name=str(row)[:255],
        changes={name: [_kept(was), _kept(now)] for name, (was, now) in changes.items()},
    )


def _kept(value: Any) -> Any:
    """A value for the event; an amount without the trailing zeros of its column (10.0000)."""
    return written(value) if isinstance(value, Decimal) else value


def difference(noun: CachedNoun, row: Cached, values: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The tracked fields in which ``values`` differ from the row: [was, is]. Call it before they are set.

    What only the details tell did not change when it is read for the first time. What is or was unreadable
    has events of its own.
    """
    names = [name for name in noun.tracked if name in values and getattr(row, name) != values[name]]
    names = [name for name in names if name not in row.unreadable | values.get("unreadable", {})]
    if not row.is_detailed:
        names = [name for name in names if name not in noun.detail_names]
    return {name: [getattr(row, name), values[name]] for name in names}


def still_unreadable(unreadable: Mapping[str, str], values: Mapping[str, Any]) -> dict[str, str]:
    """What of a row is unreadable once ``values`` are written, which tell of their own fields alone."""
    kept = {name: told for name, told in unreadable.items() if name not in values}
    return {**kept, **values.get("unreadable", {})}


def readability(
    noun: CachedNoun, row: Cached, values: Mapping[str, Any], currencies: tuple[str, str] | None = None
) -> list[Event]:
    """One event when fields become unreadable: [was, what was written]; one when they can be read again.

    Call it before ``values`` are set. What only the details tell was never readable before they are read.
    """
    now = values["unreadable"]
    began = {name: [getattr(row, name), now[name]] for name in now if name not in row.unreadable}
    if not row.is_detailed:
        began = {name: change for name, change in began.items() if name not in noun.detail_names}
    ended = {name: [told, values[name]] for name, told in row.unreadable.items() if name not in now}
    kinds = {Kind.UNREADABLE: began, Kind.READABLE: ended}
    return [happened(noun, row, kind, change, currencies) for kind, change in kinds.items() if change]


def write(
    noun: CachedNoun,
    row: Cached,
    values: Mapping[str, Any],
    asked_at: datetime | None = None,
    searched: Mapping[str, Any] | None = None,
    **beside: Any,
) -> bool:
    """Change one row and tell what changed. In the caller's transaction, as is ``record``.

    ``searched`` is what else the row is found by, where that is about to change too.

    The row may have changed since ``row`` was read: then that was told, and is not told again. Returns False
    and writes nothing if it is newer than an answer that was asked for at ``asked_at``.
    """
    row = noun.rows.select_for_update().get(pk=row.pk)
    if asked_at and row.is_newer_than(asked_at):
        return False
    values = {**values, "unreadable": still_unreadable(row.unreadable, values)}
    changes = difference(noun, row, values)
    has_news = changes or values["unreadable"] != row.unreadable
    told_in = _currencies_here(noun, row) if has_news else None
    events = readability(noun, row, values, told_in)
    if changes:
        events.insert(0, happened(noun, row, Kind.CHANGED, changes, told_in))
    record(noun, events)
    noun.rows.filter(pk=row.pk).update(**values, **beside, folded=row.fold({**values, **(searched or {})}))
    return True


def _currencies_here(noun: CachedNoun, row: Cached) -> tuple[str, str] | None:
    refreshes = Refresh.objects.filter(account=row.account_id, noun=noun.noun).select_related("account")
    refresh = refreshes.first()
    return currencies(refresh, row) if refresh else None


def record(noun: CachedNoun, events: Iterable[Event]) -> None:
    """No change is lost then and none is told twice."""
    if noun.tracked:  # of the others people want no news
        Event.objects.bulk_create(events)
