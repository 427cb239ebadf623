"""allauth refuses to start without its middleware, which a bare Django has not."""

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler

django.setup()
settings.MIDDLEWARE = settings.BARE_MIDDLEWARE
application = WSGIHandler()
