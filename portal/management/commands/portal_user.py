import sys
from argparse import ArgumentParser
from getpass import getpass
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email

from portal import audit
from portal.models import Act, Role, User


class Command(BaseCommand):
    help = "Add a user; the password is read from standard input."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = parser.add_subparsers(dest="act", required=True).add_parser("add", help="add a user")
        add.add_argument("email", metavar="EMAIL")
        add.add_argument("--role", choices=Role.values, default=Role.MEMBER)
        add.add_argument("--name", default="", help="shown to the team; else what stands before the @")

    def handle(self, *args: Any, email: str, role: str, name: str, **options: Any) -> None:
        email = email.lower()
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
