"""gunicorn's configuration, named by ``make up`` and by the image alike.

A wrong setting ends it with one sentence.
"""

import gc
import os
import resource
import sys
from typing import Any

from babel import Locale
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
try:
    _host, _port = settings.PORTAL_HOST, settings.PORTAL_PORT
except ImproperlyConfigured as error:
    print(f"portal: {error}", file=sys.stderr)
    sys.exit(1)

# Each connection may also need a temporary file; the rest is for the database and what runs.
_descriptors = resource.getrlimit(resource.RLIMIT_NOFILE)[0]

wsgi_app = "portal.wsgi:application"
# The workers share the memory of what the first process has read. To be read anew, all of it has to be
# started again; a SIGHUP makes workers of the same code.
preload_app = True
bind = [f"[{_host}]:{_port}" if ":" in _host else f"{_host}:{_port}"]
worker_class = "portal.running.web.worker.BufferingWorker"
workers = 2
threads = 8
worker_connections = min(1000, max(20, (_descriptors - 200) // 2))
# Longer than a proxy keeps its own connections to the portal; a browser's need not wait that long.
keepalive = 75 if settings.PORTAL_TRUSTED_PROXIES else 15
# A payment may take 30 seconds inside its web request.
graceful_timeout = 35
logger_class = "portal.running.gunicorn_log.MaskedLogger"
# In memory: the heartbeat of a worker must not wait for a disk.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108
# Without this it opens a socket in the home folder through which it takes orders.
control_socket_disable = True
# The address of a list with all filters and a long search, each of whose letters may take nine bytes there.
limit_request_line = 8190
# It would send files past the worker's own buffer.
sendfile = False
# A client may name no path of its own through these.
forwarder_headers = ""


def when_ready(_server: Any) -> None:
    """What all workers need is read before they are made, so that it is in memory once."""
    get_resolver(settings.ROOT_URLCONF).url_patterns  # noqa: B018  # imports every view
    Locale.parse(settings.LANGUAGE_CODE).datetime_skeletons  # noqa: B018  # babel reads its tables
    _freeze()


def post_worker_init(_worker: Any) -> None:
    _freeze()
    gc.set_threshold(20_000)


def _freeze() -> None:
    """What was imported stays for ever, so the search for garbage need not walk it with each page.

    It took a twentieth of a page's CPU, and 60 ms at once for every hundredth. It also writes to what it
    walks, and the system then makes a copy of it for each worker.
    """
    gc.collect()
    gc.freeze()
