"""A process that sends one operation; the harness kills it on the way."""

import ast
import os
import sys
from uuid import UUID

import django

from tests import settings

key_id, action, parameters, token, url, database = sys.argv[1:]
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
settings.DATABASES["default"]["NAME"] = database
settings.ULTAHOST["API_URL"] = url
django.setup()

from ultahost_api import operating  # noqa: E402
from ultahost_api.models import ApiKey  # noqa: E402

key = ApiKey.objects.select_related("owner", "account").get(pk=key_id)
operating.perform(operating.Intent(key.owner, key, action, ast.literal_eval(parameters), UUID(token)))
