from typing import Any

from django.core.management.base import CommandError

from ultahost_api import installation
from ultahost_api.crypto import sealed_columns
from ultahost_api.management.checked import CheckedCommand


class Command(CheckedCommand):
    help = (
        "Encrypt every secret again with the first sealing key. You can stop this command and run it again."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        lost = 0
        for target, resealed, unreadable in sealed_columns.reseal():
            self.stdout.write(f"{target}: {resealed} encrypted again, {unreadable} unreadable")
            lost += unreadable
        # The last of all: before that, a start without the older key is refused.
        installation.seal_check()
        if lost:
            raise CommandError(f"{lost} values cannot be decrypted with the current sealing keys.")
