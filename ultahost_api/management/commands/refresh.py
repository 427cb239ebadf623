import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from ultahost_api.management.checked import CheckedCommand
from ultahost_api.models import LISTS, Account, Noun, Refresh
from ultahost_api.refresh import schedule, waiting

NOUNS = [Noun.PROFILE, *LISTS]


class Command(CheckedCommand):
    help = "Refresh the copies of Ultahost's data: in the workers, or with --wait in this process."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--account", metavar="UUID", help="only this account")
        parser.add_argument("--noun", choices=[str(noun) for noun in NOUNS], help="only this noun")
        parser.add_argument("--full", action="store_true", help="read each list completely")
        parser.add_argument("--wait", action="store_true", help="refresh in this process until all is fresh")

    def handle(
        self, *args: Any, account: str | None, noun: str | None, full: bool, wait: bool, **options: Any
    ) -> None:
        accounts = Account.objects.all()
        if account:
            accounts = accounts.filter(remote_uuid=account.lower())
            if not accounts:
                raise CommandError(f"There is no account {account}.")
        nouns = [noun] if noun else NOUNS
        if not wait:
            schedule.ask(accounts, nouns, full=full)
            self.stdout.write("Queued: the workers refresh now.")
            return
        refreshes = Refresh.objects.of(accounts).filter(noun__in=nouns)
        if full:
            refreshes.want_full()
        stale = list(self._walk(refreshes))
        if stale:
            raise CommandError("Not fresh: " + ", ".join(stale))

    def _walk(self, refreshes: Any) -> Any:
        for refresh in refreshes.select_related("account").order_by("account__name", "noun"):
            began = time.monotonic()
            problem = waiting.until_fresh(refresh, say=lambda words: self.stdout.write(f"  {words}"))
            self.stdout.write(f"{refresh}: {problem or f'fresh after {time.monotonic() - began:.1f} s'}")
            if problem:
                yield f"{refresh} ({problem})"
