from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, DataError, IntegrityError, InterfaceError, ProgrammingError

from ultahost_api import conf, installation


class SayingCommand(BaseCommand):
    """Says in one sentence what is wrong with the database; with --traceback also where."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            self.check_database()
            return super().execute(*args, **options)
        except installation.WrongDatabase as error:
            raise CommandError(conf.words(error)) from error
        except (DatabaseError, InterfaceError) as error:
            raise CommandError(_sentence(error)) from error

    def check_database(self) -> None:
        """Any database will do."""


class CheckedCommand(SayingCommand):
    """Works on no database of another API or of other keys."""

    def check_database(self) -> None:
        installation.check()


def _sentence(error: DatabaseError | InterfaceError) -> str:
    """Raises ``error`` again if the database is as it should be, and the fault is ours."""
    try:
        installation.check_version()
    except installation.OtherVersion as other:
        return conf.words(other)
    except (DatabaseError, InterfaceError):
        pass  # it says the same as before
    else:
        if isinstance(error, DataError | IntegrityError | ProgrammingError):
            raise error
    return conf.words(installation.DatabaseFails(error))
