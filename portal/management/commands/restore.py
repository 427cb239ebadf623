from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from portal.backups import CannotKeep, backups
from ultahost_api.management.checked import SayingCommand


class Command(SayingCommand):
    help = "Restore a backup into an empty database of the same kind, while the portal is stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument("--replace", action="store_true", help="delete what the database holds now")
        parser.add_argument(
            "--without-keys",
            action="store_true",
            help="restore it without the sealing keys; every API key has to be entered again",
        )
        parser.add_argument(
            "--untrusted",
            action="store_true",
            help="restore a file that this portal did not sign, or that was changed",
        )

    def handle(
        self,
        *args: Any,
        file: Path,
        replace: bool,
        without_keys: bool,
        untrusted: bool,
        **options: Any,
    ) -> None:
        try:
            manifest = backups.put_back(
                file,
                replace=replace,
                without_keys=without_keys,
                untrusted=untrusted,
                say=self.stdout.write,
            )
        except CannotKeep as error:
            raise CommandError(str(error)) from None
        rows = sum(manifest.rows.values())
        self.stdout.write(f"The database is as it was at {manifest.created_at}: {rows} rows, counted again.")
        if without_keys:
            self.stdout.write(
                "Start once with portal_up --allow-new-keys; every API key has to be entered again."
            )
        else:
            self.stdout.write("The current sealing keys decrypt its API keys.")
        if untrusted:
            self.stdout.write(
                "This file was not signed by this portal. Its writer chose the people, passwords, roles and"
                " access in it: check each of these before you let others use the portal."
            )
        self.stdout.write(
            "Everyone has to sign in again, and the portal reads everything from Ultahost again. People,"
            " access and keys that were removed since then are back: check them before you let others use"
            " the portal."
        )
