"""gunicorn's configuration, named by ``make up`` and by the image alike.

A wrong setting ends it with one sentence.
"""

import gc
import os
import resource
import sys
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
try:
    _host, _port = settings.PORTAL_HOST, settings.PORTAL_PORT
except ImproperlyConfigured as error:
    print(f"portal: {error}", file=sys.stderr)
    sys.exit(1)

# Each connection may also need a temporary file; the rest is for the database and what runs.
_descriptors = resource.getrlimit(resource.RLIMIT_NOFILE)[0]

wsgi_app = "portal.wsgi:application"
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
# It would send files past the worker's own buffer.
sendfile = False
# A client may name no path of its own through these.
forwarder_headers = ""


def post_worker_init(_worker: Any) -> None:
    """What was imported stays for ever, so the search for garbage need not walk it with each page.

    It took a twentieth of a page's CPU, and 60 ms at once for every hundredth.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000)
