"""Signs a member in at the bare Django. Prints the cookie."""

import os

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.bench.parts.bare_settings"
import tests.bench.parts.bare_wsgi  # noqa: F401, I001

from tests.bench.parts.filled import cookies
from django.test import Client

from portal.models import User

client = Client()
client.force_login(User.objects.get(email="alma@example.com"))
print(cookies(client))
