from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal import audit


class Command(BaseCommand):
    help = "Tell whether the audit log is as it was written; prints its head, to be noted elsewhere."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--head", default="", help="a head that was printed before, as SEQ:HASH")

    def handle(self, *args: Any, head: str, **options: Any) -> None:
        if head and not head.partition(":")[0].isdecimal():
            raise CommandError("--head must be as it was printed: SEQ:HASH.")
        verdict = audit.verify(head)
        for problem in verdict.problems:
            self.stderr.write(problem)
        if verdict.problems:
            raise CommandError("The audit log was changed, or PORTAL_HMAC_KEY is not the one it began with.")
        self.stdout.write(f"{verdict.count} entries, none changed. The head is {verdict.head}")
