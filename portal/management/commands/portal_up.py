import os
import sys
from argparse import ArgumentParser
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from portal.running import CannotStart
from portal.running.launcher import demo_environment, invite_first_admin, up
from portal.running.preparing import prepare_database
from portal.running.supervision import forgive_streams, heed_signals


class Command(BaseCommand):
    help = "Starts the whole portal on this machine and keeps it alive until Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--demo", action="store_true", help="start the sandbox as well, with a demo team")
        parser.add_argument(
            "--allow-new-api",
            action="store_true",
            help="use the database with another ULTAHOST_API_URL than before",
        )
        parser.add_argument(
            "--allow-new-keys",
            action="store_true",
            help="use the database with other sealing and HMAC keys than before",
        )
        parser.add_argument(
            "--only-prepare", action="store_true", help="migrate the database, then stop; for containers"
        )

    def handle(
        self, *, demo: bool, allow_new_api: bool, allow_new_keys: bool, only_prepare: bool, **_: Any
    ) -> None:
        if demo and not settings.PORTAL_DEMO:
            # The settings of this process are already read; those of the demo begin in the environment.
            os.execve(sys.executable, [sys.executable, *sys.argv], demo_environment(os.environ))  # noqa: S606
        forgive_streams()
        heed_signals()
        with suppress(KeyboardInterrupt):
            try:
                if only_prepare:
                    prepare_database(allow_new_api=allow_new_api, allow_new_keys=allow_new_keys)
                    invite_first_admin(self._say)
                else:
                    up(self._say, allow_new_api=allow_new_api, allow_new_keys=allow_new_keys)
            except CannotStart as error:
                raise CommandError(str(error)) from None

    def _say(self, line: str) -> None:
        with suppress(OSError):  # a file on a disk that is full, or a terminal that is gone
            self.stdout.write(line)
            self.stdout.flush()
