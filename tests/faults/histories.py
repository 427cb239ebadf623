"""What the events tell of every row, against what it was when the faults began and what it is now."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Key = tuple[str, str, int]  # account uuid, noun, the provider's number


@dataclass(slots=True)
class RowKnown:
    """``fields`` as JSON holds them: those of which every change is told."""

    present: bool = True
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Told:
    """One event, in the order in which they were written."""

    row: Key
    kind: str
    changes: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)


def broken(
    events: Iterable[Told], before: Mapping[Key, RowKnown], after: Mapping[Key, RowKnown]
) -> list[str]:
    """Where an event is missing, or is told twice: the events of a row do not lead to what it is."""
    rows = {key: RowKnown(row.present, dict(row.fields)) for key, row in before.items()}
    found = [wrong for event in events for wrong in _follow(rows, event)]
    for key, is_now in after.items():
        told = rows.get(key)
        if told is None:
            found.append(f"{key} is there, and nothing tells that it came")
        elif told.present != is_now.present:
            found.append(f"{key} is {_presence(is_now)}, and is told to be {_presence(told)}")
        else:
            found += [
                f"{key}: {name} is {is_now.fields.get(name)}, and is told to be {value}"
                for name, value in told.fields.items()
                if is_now.fields.get(name) != value
            ]
    return found


def _follow(rows: dict[Key, RowKnown], event: Told) -> list[str]:
    row = rows.setdefault(event.row, RowKnown(present=False))
    found = []
    match event.kind:
        case "appeared" | "returned" if row.present:
            found.append(f"{event.row} {event.kind}, and it was there")
        case "gone" if not row.present:
            found.append(f"{event.row} is told to be gone twice")
    if event.kind != "changed":
        row.present = event.kind != "gone"
    for name, (was, is_now) in event.changes.items():
        if was == is_now or row.fields.get(name, was) != was:
            known = row.fields.get(name, "unknown")
            found.append(f"{event.row}: {name} changed from {was} to {is_now}, and it was {known}")
        row.fields[name] = is_now
    return found


def _presence(row: RowKnown) -> str:
    return "there" if row.present else "gone"
