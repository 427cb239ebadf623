"""Mails about signing in, sent after the answer, so that the time of the answer reveals nothing.

A thread of this process does it, and not a worker: the links of these mails are secrets, which belong into
no row and no queue. What fails or is dropped leaves a line in the log. A process that is told to end finishes
it first.
"""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.db import connections

log = logging.getLogger(__name__)

_HEAD_START = 0.1  # seconds; the answer has been sent by then
_MOST = 100  # waiting jobs, while the mail server is slow

_threads = ThreadPoolExecutor(2, thread_name_prefix="after-answer")
_room = threading.BoundedSemaphore(_MOST)
_here = threading.local()


def run(what: str, job: Callable[..., object], *arguments: object) -> None:
    """Run ``job`` after the answer. ``what`` is its name in the log, without address or secret."""
    if getattr(_here, "is_later", False):
        job(*arguments)
        return
    if not _room.acquire(blocking=False):
        log.error("%s was dropped: too much waits.", what)
        return
    log.info("%s waits for the answer to leave.", what)
    _threads.submit(_run_later, what, job, arguments)


def attempt(what: str, job: Callable[..., object], *arguments: object) -> None:
    try:
        job(*arguments)
    except Exception as error:  # no other code logs it; its message may hold an address
        log.error("%s failed: %s", what, type(error).__name__)
    else:
        log.info("%s is done.", what)


def _run_later(what: str, job: Callable[..., object], arguments: tuple[object, ...]) -> None:
    _here.is_later = True
    try:
        time.sleep(_HEAD_START)
        attempt(what, job, *arguments)
    finally:
        connections.close_all()
        _room.release()
