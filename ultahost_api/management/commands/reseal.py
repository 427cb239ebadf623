from typing import Any

from django.core.management.base import CommandError

from ultahost_api import installation
from ultahost_api.crypto import sealed_columns
from ultahost_api.management.checked import CheckedCommand


class Command(CheckedCommand):
    help = "Seal every secret again with the first sealing key. May be killed and run again."

    def handle(self, *args: Any, **options: Any) -> None:
        lost = 0
        for target, resealed, unreadable in sealed_columns.reseal():
            self.stdout.write(f"{target}: {resealed} sealed again, {unreadable} unreadable")
            lost += unreadable
        # The last of all: before that, a start without the older key is refused.
        installation.seal_check()
        if lost:
            raise CommandError(f"{lost} values cannot be opened with the sealing keys that are set.")
