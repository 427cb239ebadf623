"""Writes the calls in docs/client.md anew, from the table of actions and the client's typed methods."""

import inspect
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ultahost_api import client as package
from ultahost_api.client import ACTIONS, Action, Answer, Client, Kind, Listing, Parameter

PAGE = Path(__file__).with_name("client.md")
BEGIN, END = "<!-- made by docs/client_calls.py: -->\n", "<!-- until here -->\n"

_TYPES = {Kind.INT: "int", Kind.TEXT: "str", Kind.FLAG: "bool", Kind.LIST: "list", Kind.MAP: "dict"}
_ARGUMENTS = {"int": 1, "bool": True, "Sequence[str]": ["ns1.example.com", "ns2.example.com"]}


class Sent(Exception):
    """Carries the name of the action that a method calls."""


class Recorder(Client):
    def call(self, action: str, **parameters: object) -> Answer:
        raise Sent(action)


def with_calls(page: str) -> str:
    before, _, rest = page.partition(BEGIN)
    return before + BEGIN + "\n" + "\n".join(_lines()) + "\n" + END + rest.partition(END)[2]


def _lines() -> Iterator[str]:
    client = Recorder("sk_test_nothing_is_sent")
    for name, attribute in vars(Client).items():
        if isinstance(attribute, cached_property):
            yield from _of_noun(name, getattr(client, name))
    yield from ("### Records", "")
    yield from (_of_record(getattr(package, name)) for names in package._RECORDS.values() for name in names)
    yield ""


def _of_noun(name: str, noun: Any) -> Iterator[str]:
    methods = [getattr(noun, name) for name in dir(noun) if not name.startswith("_")]
    methods.sort(key=lambda method: list(ACTIONS).index(_action_of(method).name))
    yield from (f"### `client.{name}`", "", "```python")
    yield from (_signature(method) for method in methods)
    yield from ("```", "", "| call | action | effect | parameters of the action |", "|---|---|---|---|")
    calls: dict[str, list[str]] = {}
    for method in methods:
        calls.setdefault(_action_of(method).name, []).append(f"`{method.__name__}`")
    yield from (f"| {', '.join(names)} | {_of_action(ACTIONS[action])} |" for action, names in calls.items())
    yield ""


def _of_action(action: Action) -> str:
    settled = f", settled by `{action.settled_by}`" if action.settled_by else ""
    parameters = ", ".join(map(_of_parameter, action.parameters)) or "none"
    return f"`{action.name}` | {action.effect}{settled} | {parameters}"


def _of_parameter(parameter: Parameter) -> str:
    """``*name: type*`` where it is required."""
    kind = "Secret" if parameter.secret and parameter.kind == Kind.TEXT else _TYPES[parameter.kind]
    kind = "list[Secret]" if parameter.secret and parameter.kind == Kind.LIST else kind
    choices = f" ({', '.join(parameter.choices)})" if parameter.choices else ""
    words = f"`{parameter.name}: {kind}`{choices}"
    return f"**{words}**" if parameter.required else words


def _action_of(method: Any) -> Action:
    """Found by calling it: nothing is sent."""
    given = {
        name: _ARGUMENTS.get(_plain(parameter.annotation), "text")
        for name, parameter in inspect.signature(method).parameters.items()
        if parameter.default is parameter.empty and parameter.kind != parameter.VAR_KEYWORD
    }
    try:
        answer = method(**given)
        if isinstance(answer, Listing):
            next(answer.pages())
    except Sent as sent:
        return ACTIONS[str(sent)]
    raise TypeError(f"{method} calls no action")


def _signature(method: Any) -> str:
    record = inspect.signature(getattr(method.__self__, "_read", method)).return_annotation
    words = _plain(str(inspect.signature(method)))
    return f"{method.__name__}{words}".replace("~T", _plain(record))


def _of_record(record: type) -> str:
    base = record.__base__ if is_dataclass(record.__base__) else None
    inherited = {field.name for field in fields(base)} if base else set()
    own = [f"`{one.name}: {_plain(one.type)}`" for one in fields(record) if one.name not in inherited]
    is_a = f"what `{base.__name__}` has, " if base else ""
    return f"- `{record.__name__}`: {is_a}{', '.join(own)}"


def _plain(annotation: Any) -> str:
    """Without the names of modules."""
    words = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    return re.sub(r"\b(?:\w+\.)+(?=\w)", "", words)


if __name__ == "__main__":
    PAGE.write_text(with_calls(PAGE.read_text()))
