from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from ultahost_api import conf, installation


class CheckedCommand(BaseCommand):
    """Works on no database of another API or of other keys."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            installation.check()
        except installation.WrongDatabase as error:
            raise CommandError(conf.words(error)) from None
        except DatabaseError as error:
            raise CommandError(f"The database does not work: {str(error).strip().splitlines()[0]}.") from None
        return super().execute(*args, **options)
