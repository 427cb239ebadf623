"""The portal's own settings in a folder of their own, with quick hashes and unhashed static files."""

import os
import tempfile
from pathlib import Path

os.environ["PORTAL_DATA_DIR"] = tempfile.mkdtemp(prefix="portal-test-")
# A test takes no setting from the .env of the checkout that it tests.
os.environ.setdefault("PORTAL_ENV_FILE", os.devnull)
# The same for all processes of a run: those that it starts inherit it.
os.environ.setdefault("TESTS_MIGRATED", f"{os.environ['PORTAL_DATA_DIR']}/migrated.sqlite3")
os.environ.setdefault("PORTAL_SECRET_KEY", "test-secret-key-that-is-long-enough-for-every-check-of-django")

# Required on PostgreSQL, which several machines may share.
os.environ.setdefault("PORTAL_SEALING_KEYS", "dGVzdC1zZWFsaW5nLWtleS1vZi0zMi1ieXRlcyEhISE=")
os.environ.setdefault("PORTAL_HMAC_KEY", "test-hmac-key-of-the-portal")

from portal.settings import *  # noqa: F403
from portal.settings import DATABASES, STORAGES
from tests import messages

messages.compile_stale()

if "sqlite3" in DATABASES["default"]["ENGINE"]:
    # A file and not memory: web threads and workers must see what a test sees.
    DATABASES["default"]["TEST"] = {"NAME": str(Path(os.environ["PORTAL_DATA_DIR"]) / "test.sqlite3")}
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 0
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_AUTOREFRESH = True
