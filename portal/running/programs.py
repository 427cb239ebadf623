"""What runs: each program of the portal as a section of supervisord's configuration."""

import re
import shlex
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from portal.running import valkey

SANDBOX_HOST = "127.0.0.1"
WEB_CONFIG = "python:portal.running.web.config"  # the image names it too
FILES = 256  # that each program may open; supervisord would want 1024


@dataclass(frozen=True)
class Program:
    name: str
    command: list[str]
    stop_signal: str = "TERM"
    stop_seconds: int = 10


def programs(sandbox_port: int | None) -> Iterator[Program]:
    """In the order in which they start; they stop the other way round."""
    data_dir = settings.PORTAL_DATA_DIR
    if not settings.REDIS_URL:
        yield Program("valkey", valkey.server_command(data_dir))
    if sandbox_port:
        yield Program("sandbox", _sandbox(sandbox_port, data_dir / "sandbox.json"))
    # A payment may take 30 seconds inside its web request.
    yield Program("web", _gunicorn(), stop_seconds=40)
    # To Celery QUIT means: finish within worker_soft_shutdown_timeout, then give back what is unfinished.
    alone = ("--without-gossip", "--without-mingle")
    yield Program("worker", _worker(*alone), "QUIT", stop_seconds=15)
    yield Program("beat", [sys.executable, "-m", "portal.running.light_beat"])


def _sandbox(port: int, state: Path) -> list[str]:
    return [sys.executable, "-m", "ultahost_api.sandbox", "--port", str(port), "--state", str(state)]


def _gunicorn() -> list[str]:
    return [sys.executable, "-m", "gunicorn", "--config", WEB_CONFIG]


def _worker(*arguments: str) -> list[str]:
    return [
        *(sys.executable, "-m", "celery", "-A", "portal", "worker"),
        *("--queues", "people,refresh", "--concurrency", "2", *arguments),
        *("--loglevel", settings.PORTAL_LOG_LEVEL),
    ]


_SUPERVISORD = """\
[supervisord]
nodaemon = true
{user}umask = 077
minfds = {files}
pidfile = supervisord.pid
logfile = logs/supervisord.log
logfile_maxbytes = 1MB
logfile_backups = 3
"""

# Only the program itself is told to stop: its own children would otherwise drop the work that they hold.
_PROGRAM = """
[program:{name}]
command = {command}
directory = %(ENV_PORTAL_CODE)s
priority = {priority}
autorestart = true
startretries = 1000000
stopsignal = {signal}
stopwaitsecs = {seconds}
killasgroup = true
redirect_stderr = true
stdout_logfile = logs/{name}.log
stdout_logfile_maxbytes = 5MB
stdout_logfile_backups = 3
"""


def configuration(listed: list[Program], *, as_root: bool) -> str:
    """Its paths begin at the folder that it lies in: supervisord reads some in two ways that do not agree."""
    # supervisord warns root unless it is told that root is meant.
    parts = [_SUPERVISORD.format(files=FILES, user="user = root\n" if as_root else "")]
    parts += [
        _PROGRAM.format(
            name=program.name,
            command=_escape(shlex.join(program.command)),
            priority=priority,
            signal=program.stop_signal,
            seconds=program.stop_seconds,
        )
        for priority, program in enumerate(listed, start=1)
    ]
    return "".join(parts)


def _escape(command: str) -> str:
    """supervisord expands %(name)s in its values, and takes what follows `` ;`` or `` #`` for a comment.

    In a command both stand within single quotes.
    """
    return re.sub("[;#]", r"""'"\g<0>"'""", command.replace("%", "%%"))
