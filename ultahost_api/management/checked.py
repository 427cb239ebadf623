from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ultahost_api import installation


class CheckedCommand(BaseCommand):
    """Works on no database of another API or of other keys."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            installation.check()
        except installation.WrongDatabase as error:
            raise CommandError(str(error)) from None
        return super().execute(*args, **options)
