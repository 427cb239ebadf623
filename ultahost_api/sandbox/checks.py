"""What the table of actions demands of a request's parameters."""

import json
from collections.abc import Callable
from typing import Any

from ultahost_api.client.core.actions import ACTIONS, Action, Kind, Parameter
from ultahost_api.sandbox.calls import Refused

MASK = "•••"


def known_action(name: Any, method: str) -> Action:
    if not name:
        raise Refused(400, "Missing required parameter: action")
    action = ACTIONS.get(str(name))
    if action is None:
        raise Refused(400, "Unknown action")
    # The page says POST for everything, its examples otherwise: both are taken.
    if method not in {action.method, "POST"}:
        raise Refused(400, f"{action.name} must be sent as {action.method}")
    return action


def checked(action: Action, given: dict[str, Any]) -> dict[str, Any]:
    """The parameters of the table in their Python types; others are ignored, as the provider does."""
    missing = [name for name in action.required if given.get(name) in (None, "")]
    if missing:
        raise Refused(400, f"Missing required parameter: {', '.join(missing)}")
    if given.get("sort") and not action.sortable:
        raise Refused(400, f"{action.name} cannot be sorted")
    return {p.name: _value(p, given[p.name]) for p in action.parameters if given.get(p.name) is not None}


def masked(given: dict[str, Any]) -> dict[str, Any]:
    """For the log and the ledger; what the table does not know is taken for a secret."""
    action = ACTIONS.get(str(given.get("action")))
    known = {p.name for p in action.parameters if not p.secret} if action else set()
    return {name: value if name in known else MASK for name, value in given.items() if name != "action"}


def _value(parameter: Parameter, value: Any) -> Any:
    try:
        read = _READERS[parameter.kind](value)
    except (ValueError, TypeError):
        raise Refused(400, f"Invalid parameter: {parameter.name} must be {parameter.kind}") from None
    if parameter.choices and read not in parameter.choices:
        raise Refused(400, f"Invalid parameter: {parameter.name} must be {' or '.join(parameter.choices)}")
    return read


def _int(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise TypeError
    return int(value)


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError
    return str(value)


def _flag(value: Any) -> int:
    flag = {"0": 0, "1": 1, "False": 0, "True": 1}.get(str(value))
    if flag is None:
        raise ValueError
    return flag


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError
    return value


def _map(value: Any) -> dict[str, Any]:
    read = json.loads(value) if isinstance(value, str) else value
    if not isinstance(read, dict):
        raise TypeError
    return read


_READERS: dict[Kind, Callable[[Any], Any]] = {
    Kind.INT: _int,
    Kind.TEXT: _text,
    Kind.FLAG: _flag,
    Kind.LIST: _list,
    Kind.MAP: _map,
}
