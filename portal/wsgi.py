import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

from portal.running import CannotStart

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
_ENDS_GUNICORN = 3  # with any other code it starts the worker again, and again
try:
    application = get_wsgi_application()

    from portal.running.preparing import refuse_other_database

    refuse_other_database(end=lambda: os._exit(_ENDS_GUNICORN))
except (ImproperlyConfigured, CannotStart) as error:
    print(f"portal: {error}", file=sys.stderr)
    sys.exit(_ENDS_GUNICORN)
