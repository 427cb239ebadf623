"""Checks the parameters of a call against the table of actions and converts them to the wire format."""

import json
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import urlencode

from .actions import ACTIONS, Action, Kind, Parameter
from .errors import InvalidParameters
from .secret import MaskedBytes, Secret

_MOST_DIGITS = 20  # of a number that is given as text


def hide(action: Action, given: dict[str, object]) -> None:
    """Puts the secrets among ``given`` into Secret, in place: error reports show the frames that hold it.

    A name that the action does not know is hidden too; it may be a secret's, misspelt.
    """
    for name, value in given.items():
        parameter = action.parameter(name)
        if parameter is None or parameter.secret:
            given[name] = _hidden(value)


def _hidden(value: object) -> object:
    if isinstance(value, list | tuple):
        return [_hidden(item) for item in value]
    return value if value is None or isinstance(value, Secret) else Secret(str(value))


def on_the_wire(action: str, fields: Mapping[str, object]) -> dict[str, object]:
    """Fields under the provider's names, secrets hidden: our ``first_name`` is its ``firstname``."""
    spec = ACTIONS[action]
    named = {name if spec.parameter(name) else name.replace("_", ""): v for name, v in fields.items()}
    hide(spec, named)
    return named


def check(action: Action, given: dict[str, object]) -> dict[str, object]:
    """The parameters in the provider's format, without those that are None. Raises InvalidParameters."""
    given = {name: value for name, value in given.items() if value is not None}
    if unknown := sorted(given.keys() - {p.name for p in action.parameters}):
        raise InvalidParameters(f"does not take {', '.join(unknown)}", action=action.name)
    if missing := [name for name in action.required if name not in given]:
        raise InvalidParameters(f"needs {', '.join(missing)}", action=action.name)
    return {p.name: _value(action, p, given[p.name]) for p in action.parameters if p.name in given}


def query(action: Action, parameters: Mapping[str, object]) -> str:
    return urlencode({"action": action.name, **parameters})


def body(action: Action, parameters: Mapping[str, object]) -> MaskedBytes:
    return MaskedBytes(json.dumps({"action": action.name, **parameters}, default=Secret.reveal).encode())


def secrets_in(parameters: Mapping[str, object]) -> Iterator[Secret]:
    for value in parameters.values():
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, Secret):
                yield item


def _value(action: Action, parameter: Parameter, value: object) -> object:
    taken = _TAKERS[parameter.kind](value)
    if taken is None:
        raise InvalidParameters(f"{parameter.name} has to be {_WORDS[parameter.kind]}", action=action.name)
    if parameter.choices and taken not in parameter.choices:
        choices = ", ".join(parameter.choices)
        raise InvalidParameters(f"{parameter.name} has to be one of {choices}", action=action.name)
    return taken


def _int(value: object) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        return int(value) if len(value) <= _MOST_DIGITS else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _text(value: object) -> object:
    if isinstance(value, str | Secret):
        return value
    return None if isinstance(value, bool) or not isinstance(value, int) else str(value)


def _flag(value: object) -> int | None:
    return {"0": 0, "1": 1, "False": 0, "True": 1}.get(str(value))


def _list(value: object) -> list[object] | None:
    if not isinstance(value, list | tuple):
        return None
    return list(value) if all(isinstance(item, str | int | Secret) for item in value) else None


def _map(value: object) -> dict[str, object] | None:
    if not isinstance(value, Mapping):
        return None
    return (
        {str(k): v for k, v in value.items()}
        if all(isinstance(v, str | int) for v in value.values())
        else None
    )


_TAKERS: dict[Kind, Callable[[object], object]] = {
    Kind.INT: _int,
    Kind.TEXT: _text,
    Kind.FLAG: _flag,
    Kind.LIST: _list,
    Kind.MAP: _map,
}
_WORDS = {
    Kind.INT: "a whole number",
    Kind.TEXT: "text",
    Kind.FLAG: "0 or 1",
    Kind.LIST: "a list of numbers or texts",
    Kind.MAP: "a mapping to numbers or texts",
}
