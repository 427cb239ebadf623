import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.views.decorators.debug import sensitive_variables

from ultahost_api.budget import Purpose
from ultahost_api.client import ACTIONS, Action, Effect, Kind, UltahostError
from ultahost_api.clients import KeyUnreadable, for_key
from ultahost_api.models import ApiKey

_READS = {Effect.READ, Effect.SECRET_READ}


class Command(BaseCommand):
    help = "Call one documented action and print its answer as JSON. Reads only, so far."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", metavar="ACTION", help="such as get_profile")
        parser.add_argument("parameters", nargs="*", metavar="name=value")
        parser.add_argument("--key", required=True, metavar="EMAIL/LABEL")

    @sensitive_variables()
    def handle(self, *args: Any, action: str, parameters: list[str], key: str, **options: Any) -> None:
        if action not in ACTIONS:
            raise CommandError(f"There is no action {action}. There are: {', '.join(sorted(ACTIONS))}.")
        if ACTIONS[action].effect not in _READS:
            raise CommandError(f"{action} changes something; this command only reads so far.")
        values = dict(_parameter(ACTIONS[action], text) for text in parameters)
        try:
            answer = for_key(_find(key), Purpose.PERSON).call(action, **values)
        except KeyUnreadable:
            raise CommandError("This key cannot be opened: enter it again in the portal.") from None
        except UltahostError as error:
            raise CommandError(f"{type(error).__name__}: {error.message}") from None
        shown = {"status": answer.status, "message": answer.message, "meta": answer.meta, "data": answer.data}
        json.dump({k: v for k, v in shown.items() if v is not None}, sys.stdout, indent=2, default=_plain)
        self.stdout.write("")


def _find(name: str) -> ApiKey:
    """A key named EMAIL/LABEL, or a sentence."""
    email, _, label = name.partition("/")
    key = ApiKey.objects.live().filter(owner__email=email.lower(), label=label).first()
    if key is None:
        raise CommandError(f"There is no live key {name} (EMAIL/LABEL).")
    return key


def _parameter(action: Action, text: str) -> tuple[str, Any]:
    """``name=value`` as the action wants it; secrets only as ``name=-``, from standard input."""
    name, given, value = text.partition("=")
    known = action.parameter(name)
    if not given or known is None:
        names = ", ".join(p.name for p in action.parameters) or "none"
        raise CommandError(f"{action.name} has no parameter {name}. It has: {names}.")
    if known.secret:
        if value != "-":
            raise CommandError(f"{name} is a secret: write {name}=- and give it on standard input.")
        return name, sys.stdin.readline().rstrip("\n")
    if known.kind in {Kind.INT, Kind.FLAG}:
        if not value.lstrip("-").isdecimal():
            raise CommandError(f"{name} must be a number.")
        return name, int(value)
    return name, json.loads(value) if known.kind in {Kind.LIST, Kind.MAP} else value


def _plain(value: Any) -> str:
    """Secrets in an answer are shown: the person at the terminal asked for them."""
    reveal = getattr(value, "reveal", None)
    return str(reveal()) if reveal else str(value)
