import json
import sys
from argparse import ArgumentParser
from typing import Any
from uuid import UUID, uuid4

from django.core.management.base import CommandError
from django.views.decorators.debug import sensitive_variables

from ultahost_api import conf, operations
from ultahost_api.calls.budget import Purpose
from ultahost_api.calls.clients import KeyUnreadable, for_key
from ultahost_api.client import ACTIONS, Action, Effect, Kind, Secret, UltahostError
from ultahost_api.client.core import wire
from ultahost_api.management.checked import CheckedCommand
from ultahost_api.models import ApiKey
from ultahost_api.operations.actions import action_of

_READS = {Effect.READ, Effect.SECRET_READ}
_AS_JSON: dict[Kind, tuple[type, str]] = {
    Kind.LIST: (list, "a list in JSON, such as [1, 2]"),
    Kind.MAP: (dict, 'an object in JSON, such as {"1": 2}'),
}


class Command(CheckedCommand):
    help = "Call one documented action and print its answer as JSON. A write asks first, or takes --yes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", metavar="ACTION", help="such as get_profile")
        parser.add_argument(
            "parameters", nargs="*", metavar="name=value", help="a list of secrets: name=- for each"
        )
        parser.add_argument("--key", required=True, metavar="EMAIL/LABEL")
        parser.add_argument("--yes", action="store_true", help="do not ask before a write")
        parser.add_argument(
            "--again",
            action="append",
            type=UUID,
            default=[],
            metavar="ID",
            help="send a request again although it is unknown what this operation did",
        )

    @sensitive_variables()
    def handle(self, *args: Any, action: str, parameters: list[str], key: str, **options: Any) -> None:
        """Reads at once; a write becomes an operation of the key's owner, like one from the browser."""
        if action not in ACTIONS:
            raise CommandError(f"There is no action {action}. There are: {', '.join(sorted(ACTIONS))}.")
        values = _parameters(ACTIONS[action], parameters)
        if ACTIONS[action].effect in _READS:
            self._read(_find(key), action, values)
        else:
            self._write(_find(key), action, values, **options)

    def _read(self, key: ApiKey, action: str, values: dict[str, Any]) -> None:
        try:
            answer = for_key(key, Purpose.PERSON).call(action, **values)
        except KeyUnreadable:
            raise CommandError("This key cannot be decrypted. Enter it again.") from None
        except UltahostError as error:
            raise CommandError(f"{type(error).__name__}: {error.message}") from None
        try:
            meta, data = wire.plain(answer.meta), wire.plain(answer.data)
        except RecursionError:
            raise CommandError("The answer is nested too deep to be shown.") from None
        shown = {"status": answer.status, "message": answer.message, "meta": meta, "data": data}
        self._show({name: value for name, value in shown.items() if value is not None})

    def _write(self, key: ApiKey, action: str, values: dict[str, Any], **options: Any) -> None:
        if not options["yes"] and input(f"{action} on {key.account} with {key}? [y/N] ").lower() != "y":
            raise CommandError("Nothing was sent.")
        try:
            write = action_of(action).write.on_the_wire(values)
            wanted = operations.WriteRequest(key.owner, key, write, uuid4())
            operation = operations.perform(wanted, over={*options["again"]})
        except operations.NotAllowedNow as reason:
            raise CommandError(f"{conf.words(reason)} Nothing was sent.") from None
        except operations.TwinPending as twin:
            raise CommandError(
                f"An identical request is in progress ({twin.operation.pk}). Nothing was sent."
            ) from None
        except operations.NeedsConfirmation as before:
            ids = [str(operation.pk) for operation in before.operations]
            raise CommandError(
                f"The result of {' and '.join(ids)} is unknown."
                f" Add {' '.join(f'--again {pk}' for pk in ids)} to send it again."
            ) from None
        self._show(
            {
                "operation": str(operation.pk),
                "state": operation.state,
                "status": operation.status,
                "message": operation.message or operation.get_reason_display(),
                "data": operation.told,
            }
        )
        if not operation.took_effect:
            sys.exit(1)

    def _show(self, answer: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(answer, indent=2, default=_plain))


def _find(name: str) -> ApiKey:
    """A key named EMAIL/LABEL, or a sentence."""
    email, _, label = name.partition("/")
    keys = ApiKey.objects.active().filter(owner__email=email.lower(), label=label).successors_first()
    key = keys.filter(refused_at=None).first() or keys.first()
    if key is None:
        raise CommandError(f"There is no active key {name} (EMAIL/LABEL).")
    return key


def _parameters(action: Action, texts: list[str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for text in texts:
        name, value = _parameter(action, text)
        if name in values and not isinstance(value, list):
            raise CommandError(f"{name} is given twice.")
        values[name] = values[name] + value if name in values else value
    return values


def _parameter(action: Action, text: str) -> tuple[str, Any]:
    """``name=value`` as the action wants it; secrets only as ``name=-``, from standard input, a line each."""
    name, given, value = text.partition("=")
    known = action.parameter(name)
    if not given or known is None:
        names = ", ".join(p.name for p in action.parameters) or "none"
        raise CommandError(f"{action.name} has no parameter {name}. It has: {names}.")
    if known.secret:
        if value != "-":
            raise CommandError(f"{name} is a secret. Write {name}=- and enter it on standard input.")
        secret = Secret(sys.stdin.readline().rstrip("\n"))
        return name, [secret] if known.kind == Kind.LIST else secret
    if known.kind in {Kind.INT, Kind.FLAG}:
        if not value.lstrip("-").isdecimal():
            raise CommandError(f"{name} must be a number.")
        return name, int(value)
    if known.kind in _AS_JSON:
        kind, words = _AS_JSON[known.kind]
        try:
            read = json.loads(value)
        except (ValueError, RecursionError):
            read = None
        if not isinstance(read, kind):
            raise CommandError(f"{name} must be {words}.")
        return name, read
    return name, value


def _plain(value: Any) -> str:
    """Secrets in an answer are shown: the person at the terminal asked for them."""
    reveal = getattr(value, "reveal", None)
    return str(reveal()) if reveal else str(value)
