from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.backups import CannotKeep, backups


class Command(BaseCommand):
    help = "Put a backup into an empty database of the same kind, while the portal is stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument("--replace", action="store_true", help="lose what the database holds now")
        parser.add_argument(
            "--without-keys", action="store_true", help="although nothing opens the API keys in it"
        )
        parser.add_argument(
            "--untrusted", action="store_true", help="although nothing tells who wrote or changed the file"
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
            self.stdout.write("The sealing keys that are set open it.")
        if untrusted:
            self.stdout.write(
                "Not checked: who wrote this file. Its writer chose people, passwords, roles and access: look"
                " through all of them before others can reach the portal."
            )
        self.stdout.write(
            "Everybody signs in again, and everything is read again from Ultahost. What was taken away since"
            " then is back: look through people, grants and keys before others do."
        )
