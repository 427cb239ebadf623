"""gunicorn as the portal configures it, with one worker of four threads."""

import os

from portal.running.web.config import *  # noqa: F403

wsgi_app = os.environ.get("BENCH_WSGI", "portal.wsgi:application")
workers, threads, keepalive = 1, 4, 75
