"""Beat without Django, of which it needs no more than the settings:  python -m portal.running.light_beat

It sends tasks by their names. ``celery -A portal beat`` does the same, and takes three times the memory.
"""

import logging.config
import os
import sys

from celery.apps.beat import Beat
from celery.signals import beat_init
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from portal.celery import app, refuse_other_database


class LightBeat(Beat):
    def init_loader(self) -> None:
        """Without the tasks themselves, which would load all of Django."""
        app.finalize()


def main() -> None:
    try:
        logging.config.dictConfig(settings.LOGGING)
    except ImproperlyConfigured as error:
        sys.exit(f"portal: {error}")
    _check_database()
    beat_init.disconnect(refuse_other_database)
    LightBeat(app=app, loglevel=settings.PORTAL_LOG_LEVEL, quiet=True).run()


def _check_database() -> None:
    """In a child, for that needs the applications, and gives their memory back when it ends."""
    if child := os.fork():
        if code := os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
            sys.exit(code)
        return
    app.loader.import_default_modules()
    refuse_other_database()
    sys.exit()


if __name__ == "__main__":
    main()
