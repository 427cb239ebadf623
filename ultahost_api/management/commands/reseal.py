from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ultahost_api import sealing


class Command(BaseCommand):
    help = "Seal every secret again with the first sealing key. May be killed and run again."

    def handle(self, *args: Any, **options: Any) -> None:
        lost = 0
        for target, resealed, unreadable in sealing.reseal():
            self.stdout.write(f"{target}: {resealed} sealed again, {unreadable} unreadable")
            lost += unreadable
        if lost:
            raise CommandError(f"{lost} values cannot be opened with the sealing keys that are set.")
