import sys
from argparse import ArgumentParser
from getpass import getpass
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email

from portal import audit, second_factor
from portal.models import Act, Role, User


class Command(BaseCommand):
    help = "Add a user, whose password is read from standard input, or remove a lost second factor."

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        add = acts.add_parser("add", help="add a user")
        add.add_argument("email", metavar="EMAIL")
        add.add_argument("--role", choices=Role.values, default=Role.MEMBER)
        add.add_argument("--name", default="", help="shown to the team; else what stands before the @")
        remove = acts.add_parser("remove-second-factor", help="let the password alone open the portal again")
        remove.add_argument("email", metavar="EMAIL")

    def handle(self, *args: Any, act: str, email: str, **options: Any) -> None:
        if act == "add":
            self._add(email.lower(), options["role"], options["name"])
        else:
            self._remove_second_factor(email.lower())

    def _add(self, email: str, role: str, name: str) -> None:
        try:
            validate_email(email)
        except ValidationError:
            raise CommandError(f"{email} is not an e-mail address.") from None
        if User.objects.filter(email=email).exists():
            raise CommandError(f"{email} is a user already.")
        user = User(email=email, name=name or email.partition("@")[0], role=role)
        password = getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
        try:
            validate_password(password, user)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        added = User.objects.create_user(email, password, name=user.name, role=role)
        audit.record(None, Act.PERSON_ADDED, added, role=role)
        self.stdout.write(f"{email} was added as {role}.")

    def _remove_second_factor(self, email: str) -> None:
        """For the only admin whose phone is gone, recovery codes and all."""
        user = User.objects.filter(email=email).first()
        if user is None:
            raise CommandError(f"{email} is no user.")
        second_factor.forget(user)
        audit.record(None, Act.FACTOR_REMOVED, user)
        self.stdout.write(f"{email} has no second factor any more; every session of theirs has ended.")
