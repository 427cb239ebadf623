"""What changed at the provider, kept as events beside the rows that they are about."""

from collections.abc import Iterable, Mapping
from typing import Any

from ultahost_api.models import Event
from ultahost_api.models.cached import Cached
from ultahost_api.refreshing.nouns import CachedNoun

Kind = Event.Kind


def happened(noun: CachedNoun, row: Cached, kind: str, changes: Mapping[str, Any] | None = None) -> Event:
    """An event about ``row``, unsaved."""
    return Event(
        account_id=row.account_id,
        noun=noun.noun,
        kind=kind,
        row_id=row.pk,
        remote_id=row.remote_id,
        name=str(row)[:255],
        changes=changes or {},
    )


def difference(noun: CachedNoun, row: Cached, values: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The tracked fields in which ``values`` differ from the row: [was, is]. Call it before they are set.

    What only the details tell did not change when it is read for the first time.
    """
    names = [name for name in noun.tracked if name in values and getattr(row, name) != values[name]]
    if not row.is_detailed:
        names = [name for name in names if name not in noun.detail_names]
    return {name: [getattr(row, name), values[name]] for name in names}


def write(noun: CachedNoun, row: Cached, values: Mapping[str, Any], **beside: Any) -> None:
    """Change one row and tell what changed. In the caller's transaction, as is ``record``.

    The row may have changed since ``row`` was read: then that was told, and is not told again.
    """
    row = noun.rows.select_for_update().get(pk=row.pk)
    if changes := difference(noun, row, values):
        record(noun, [happened(noun, row, Kind.CHANGED, changes)])
    noun.rows.filter(pk=row.pk).update(**values, **beside)


def record(noun: CachedNoun, events: Iterable[Event]) -> None:
    """No change is lost then and none is told twice."""
    if noun.tracked:  # of the others people want no news
        Event.objects.bulk_create(events)
