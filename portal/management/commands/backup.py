from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from portal import environment
from portal.backups import CannotKeep, backups
from ultahost_api.management.checked import CheckedCommand


class Command(CheckedCommand):
    help = "Write the database into one file, while the portal runs. The file does not contain the keys."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            manifest = backups.take(file.absolute())
        except CannotKeep as error:
            raise CommandError(str(error)) from None
        rows = sum(manifest.rows.values())
        self.stdout.write(
            f"{file} holds {rows} rows of {len(manifest.rows)} tables as of {manifest.created_at}."
        )
        self.stdout.write(
            "The file does not contain these keys. Keep them in another place. Without the sealing keys the"
            " API keys in the backup cannot be decrypted:"
        )
        for name in environment.SECRETS:
            where = environment.where(name, settings.PORTAL_DATA_DIR)
            ids = f" (key {', '.join(manifest.sealing_keys)})" if name == environment.SEALING_KEYS else ""
            self.stdout.write(f"  {name}{ids}: {where}")
