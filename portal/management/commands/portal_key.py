import sys
from argparse import ArgumentParser
from getpass import getpass
from typing import Any

from django.core.management.base import CommandError
from django.views.decorators.debug import sensitive_variables

from portal.acts import keys as acts
from portal.models import User
from ultahost_api import keys
from ultahost_api.management.checked import CheckedCommand

SAVED_UNVERIFIED = 3

_WORDS = {
    keys.NotAKey: "This is not an API key. An API key has at least 8 characters and no spaces.",
    keys.UnknownKey: "Ultahost does not know this key.",
    keys.KeyIsHere: "This key is already in the portal.",
    keys.KeyIsRemoved: "This key was removed.",
    keys.LabelTaken: "This user has another key with this label.",
}


class Command(CheckedCommand):
    help = "Add an API key. It is read from standard input and checked with Ultahost before it is saved."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = parser.add_subparsers(dest="act", required=True).add_parser("add", help="add a key")
        add.add_argument("email", metavar="EMAIL")
        add.add_argument("--label", required=True)

    @sensitive_variables()
    def handle(self, *args: Any, email: str, label: str, **options: Any) -> None:
        owner = User.objects.active().filter(email=email.lower()).first()
        if owner is None:
            raise CommandError(f"There is no active user {email}.")
        if not owner.may_hold_keys:
            raise CommandError(f"{email} has the role billing and cannot have keys.")
        secret = getpass("API key: ") if sys.stdin.isatty() else sys.stdin.readline()
        try:
            key = acts.add(None, owner, label, secret)
        except keys.KeyProblem as problem:
            raise CommandError(_WORDS[type(problem)]) from None
        if key.account is None:
            self.stderr.write(
                "Ultahost does not answer. The key is saved as unverified, and the portal tries again"
                " automatically."
            )
            sys.exit(SAVED_UNVERIFIED)
        self.stdout.write(f"{key.account.remote_uuid} {key.account}")
