"""The queue. Why each setting is as it is stands in docs/refreshing.md."""

import gc
import os
import signal
import sys
import time
from typing import Any

from celery import Celery
from celery.beat import BeatLazyFunc
from celery.signals import beat_init, task_postrun, task_prerun, worker_before_create_process, worker_init

from portal.running import CannotStart

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

# Redis may accept a connection and never answer: without timeouts `.delay()` would then hang for good.
# When one that worked hangs, kombu waits for its answer and then for two new connections: 3.6 s.
_SOCKET_TIMEOUT = 1.2
_SOCKET = {"socket_timeout": _SOCKET_TIMEOUT, "socket_connect_timeout": _SOCKET_TIMEOUT}
# Longer than any task may run; kombu wants it from every app that shares the Redis.
_VISIBILITY_TIMEOUT = 300

app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    accept_content=["json"],
    task_serializer="json",
    task_ignore_result=True,
    task_default_queue="refresh",
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    worker_max_tasks_per_child=500,
    task_time_limit=120,
    worker_soft_shutdown_timeout=5,
    worker_enable_soft_shutdown_on_idle=True,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    broker_transport_options={
        **_SOCKET,
        "visibility_timeout": _VISIBILITY_TIMEOUT,
        # Without these two a killed worker's task came back after 100 s instead of 9 s.
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        "max_retries": 1,
        "interval_start": 0,
        "interval_max": 0.2,
    },
    visibility_timeout=_VISIBILITY_TIMEOUT,
    redis_socket_timeout=_SOCKET_TIMEOUT,
    redis_socket_connect_timeout=_SOCKET_TIMEOUT,
    # Celery would open a connection to the database for every task: Django's own ages instead, see below.
    CELERY_DB_REUSE_MAX=sys.maxsize,
    task_publish_retry_policy={"max_retries": 1, "interval_start": 0, "interval_max": 0.2},
    beat_scheduler="portal.running.beat:SteadyScheduler",
    # Without expiry, which a worker would read off another clock: one that is lost or doubled does no harm.
    beat_schedule={
        # With people's work, so that a backlog of refreshes does not outlive it.
        "tick": {
            "task": "ultahost_api.tasks.tick",
            "schedule": 5.0,
            "kwargs": {"sent_at": BeatLazyFunc(time.time)},
            "options": {"queue": "people"},
        },
        "notify": {
            "task": "portal.tasks.notify",
            "schedule": 30.0,
            "kwargs": {"sent_at": BeatLazyFunc(time.time)},
            "options": {"queue": "people"},
        },
        "tidy": {"task": "portal.tasks.tidy", "schedule": 3600.0},
    },
)
app.autodiscover_tasks()


@task_prerun.connect
@task_postrun.connect
def age_connections(sender: Any, **_: Any) -> None:
    """As between two requests: one that is old or broken is closed; a kept one is tried before use."""
    from django.db import close_old_connections  # beat does without Django's

    if not sender.request.is_eager:  # that one shares its caller's connection
        close_old_connections()


@worker_before_create_process.connect
def freeze(**_: Any) -> None:
    """The search for garbage writes to what it walks, and the child would get a copy of it."""
    gc.collect()
    gc.freeze()


@worker_init.connect
@beat_init.connect
def refuse_other_database(**_: Any) -> None:
    from portal.running import preparing  # needs the applications

    main = os.getpid()

    def end() -> None:
        """Also from a process of the pool, which Celery would start again and again."""
        os.kill(main, signal.SIGTERM)
        os._exit(1)

    try:
        preparing.refuse_other_database(end)
    except CannotStart as error:
        sys.exit(f"portal: {error}")
