"""Adds a member and their API key:  echo KEY | python adding_key.py"""

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from portal.models import User  # noqa: E402
from ultahost_api import keys  # noqa: E402

if __name__ == "__main__":
    owner = User.objects.create_user("alma@example.com", None, name="Alma")
    keys.add(owner, "Main", sys.stdin.read())
