"""The portal's own settings, but everything is due again after seconds and a page holds ten rows."""

from datetime import timedelta

from portal.settings import *  # noqa: F403
from portal.settings import INSTALLED_APPS, PORTAL_DATA_DIR, STORAGES, ULTAHOST

INSTALLED_APPS = [*INSTALLED_APPS, "tests.faults.witness.Witness"]

ULTAHOST = ULTAHOST | {
    "PAGE_SIZE": 10,
    "INTERVALS": {
        "profile": timedelta(seconds=30),
        "services": timedelta(seconds=8),
        "invoices": timedelta(seconds=8),
        "domains": timedelta(seconds=8),
        "orders": timedelta(seconds=60),
        "quotes": timedelta(seconds=60),
        "emails": timedelta(seconds=60),
        "details": timedelta(seconds=15),
    },
}
STATIC_ROOT = PORTAL_DATA_DIR / "static"
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
