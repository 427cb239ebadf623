from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from portal import audit
from ultahost_api.management.checked import SayingCommand


class Command(SayingCommand):
    help = "Check that no entry of the audit log was changed, and print its head. Note the head elsewhere."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--head", default="", help="a head that this command printed earlier, as SEQ:HASH"
        )

    def handle(self, *args: Any, head: str, **options: Any) -> None:
        if head and not head.partition(":")[0].isdecimal():
            raise CommandError("--head must have the form SEQ:HASH, as this command prints it.")
        verdict = audit.verify(head)
        for problem in verdict.problems:
            self.stderr.write(problem)
        if verdict.problems:
            raise CommandError(
                "The audit log was changed, or PORTAL_HMAC_KEY is not the key with which it was written."
            )
        self.stdout.write(f"{verdict.count} entries, none changed. The head is {verdict.head}")
