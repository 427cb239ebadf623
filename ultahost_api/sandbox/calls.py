"""One checked call, and the few words in which every answer is written."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from ultahost_api.client.core.actions import Action
from ultahost_api.sandbox.accounts import Account, Rows
from ultahost_api.sandbox.replies import Payload
from ultahost_api.sandbox.rows import LISTED, Row, listed
from ultahost_api.sandbox.state import State

DEFAULT_PAGE = 25


class Refused(Exception):
    """The provider says no, in its words."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(slots=True)
class Call:
    state: State
    account: Account
    action: Action
    parameters: dict[str, Any]
    max_page: int

    def __getitem__(self, name: str) -> Any:
        return self.parameters[name]

    def get(self, name: str, default: Any = None) -> Any:
        return self.parameters.get(name, default)

    def owned(self, noun: str, parameter: str) -> Row:
        return self.find(noun, self[parameter])

    def find(self, noun: str, number: int) -> Row:
        row = self.account.rows(noun).get(number)
        if row is None:
            raise Refused(404, f"{noun.removesuffix('s').replace('_', ' ').capitalize()} not found")
        return row


def ok(message: str, data: Any = None) -> Payload:
    payload: Payload = {"status": 200, "message": message}
    return payload if data is None else payload | {"data": data}


def page(call: Call, noun: str, rows: Rows) -> Payload:
    """One page of the rows that the filter lets through, newest first unless sorted."""
    found = _sorted(call, noun, _filtered(call, rows.values()))
    limit = min(call.get("limit", DEFAULT_PAGE), call.max_page)
    offset = call.get("offset", 0)
    if limit < 1 or offset < 0:
        raise Refused(400, "limit must be at least 1 and offset at least 0")
    end = offset + limit
    return {
        "status": 200,
        "message": f"{noun.capitalize()} retrieved successfully",
        "meta": {
            "total_records": len(found),
            "limit": limit,
            "current_offset": offset,
            "has_more": end < len(found),
            "next_offset": end if end < len(found) else None,
            "prev_offset": max(offset - limit, 0) if offset else None,
            "total_pages": -(-len(found) // limit),
        },
        "data": [listed(noun, row) for row in found[offset:end]],
    }


def _filtered(call: Call, rows: Iterable[Row]) -> list[Row]:
    status = call.get("status", "").casefold()
    return [row for row in rows if not status or str(row.get("status")).casefold() == status]


def _sorted(call: Call, noun: str, rows: list[Row]) -> list[Row]:
    direction, field = _sorting(call, noun)
    return sorted(
        rows, key=lambda row: (_rank(row.get(field)), _rank(row.get("id"))), reverse=direction == "DESC"
    )


def _sorting(call: Call, noun: str) -> tuple[str, str]:
    wanted = call.get("sort")
    if not wanted:
        return "DESC", "id"
    match = re.fullmatch(r"(ASC|DESC)_(\w+)", wanted)
    if not match or match[2] not in LISTED[noun]:
        raise Refused(400, "Invalid sort: use ASC_field or DESC_field")
    return match[1], match[2]


def _rank(value: Any) -> tuple[Decimal, str]:
    try:
        return Decimal(str(value)), ""
    except InvalidOperation:
        return Decimal(0), str(value)
