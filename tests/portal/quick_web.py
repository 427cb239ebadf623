"""The portal's own gunicorn configuration with less patience and less room."""

from portal.running.web import limits

limits.SECONDS_TO_SEND = 1
limits.SECONDS_TO_TAKE = 1
limits.SLOWEST = 1_000_000

from portal.running.web.config import *  # noqa: E402, F403

workers = 1
worker_connections = 30
keepalive = 2
