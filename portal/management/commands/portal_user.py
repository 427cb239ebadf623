import sys
from argparse import ArgumentParser
from getpass import getpass
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.core.validators import validate_email

from portal import audit
from portal.acts import password_links, people
from portal.models import Act, Role, User
from portal.sign_in import second_factor
from ultahost_api.management.checked import CheckedCommand


class Command(CheckedCommand):
    help = "Add a user, whose password is read from standard input, or let in an admin who is locked out."

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        add = acts.add_parser("add", help="add a user")
        add.add_argument("email", metavar="EMAIL")
        add.add_argument("--role", choices=Role.values, default=Role.MEMBER)
        add.add_argument(
            "--name",
            default="",
            help="shown to the team; by default the part of the e-mail address before the @",
        )
        remove = acts.add_parser(
            "remove-second-factor",
            help="remove the two-factor sign-in of a person, who then signs in with the password only",
        )
        remove.add_argument("email", metavar="EMAIL")
        link = acts.add_parser("password-link", help="print a link to set a new password")
        link.add_argument("email", metavar="EMAIL")
        acts.add_parser("second-factor-optional", help="stop requiring two-factor sign-in")

    def handle(self, *args: Any, act: str, email: str = "", **options: Any) -> None:
        email = email.lower()
        if act == "add":
            self._add(email, options["role"], options["name"])
        elif act == "remove-second-factor":
            self._remove_second_factor(email)
        elif act == "password-link":
            self._make_password_link(email)
        else:
            self._make_second_factor_optional()

    def _add(self, email: str, role: str, name: str) -> None:
        try:
            validate_email(email)
        except ValidationError:
            raise CommandError(f"{email} is not an e-mail address.") from None
        if User.objects.filter(email=email).exists():
            raise CommandError(f"A user {email} already exists.")
        user = User(email=email, name=name or email.partition("@")[0], role=role)
        password = getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
        try:
            validate_password(password, user)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        people.add(email, password, name=user.name, role=role)
        self.stdout.write(f"{email} was added as {role}.")

    def _remove_second_factor(self, email: str) -> None:
        """For the only admin whose phone is gone, recovery codes and all."""
        user = _find(email)
        second_factor.forget(user)
        audit.record(None, Act.FACTOR_REMOVED, user)
        self.stdout.write(
            f"The two-factor sign-in of {email} was removed, and all their sessions have ended."
        )

    def _make_password_link(self, email: str) -> None:
        user = _find(email)
        if not user.is_active:
            raise CommandError(f"{email} is deactivated.")
        self.stdout.write(
            f"Link for {email} to set a new password. It works once, within 48 hours:\n"
            f"{password_links.make(user)}"
        )

    def _make_second_factor_optional(self) -> None:
        people.require_second_factor(None, False)
        self.stdout.write("Two-factor sign-in is optional. An admin can require it again under People.")


def _find(email: str) -> User:
    user = User.objects.filter(email=email).first()
    if user is None:
        raise CommandError(f"There is no user {email}.")
    return user
