"""What strikes the portal's own machine: its processes, its broker, its database."""

import signal
import sqlite3
import time
from contextlib import closing

import redis
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from portal.celery import app
from portal.running import valkey
from tests.faults.processes import PROGRAMS, WORKERS, owner_of_port, strike
from tests.faults.provider import NOUNS
from tests.faults.scene import Scene
from ultahost_api.models import Operation, Refresh
from ultahost_api.sandbox import Fault
from ultahost_api.wakeup import REFRESH, SETTLE

_SETTLED = 3.0  # seconds; supervisord takes a program that dies younger for one that cannot start
_TO_THE_BARRIER = 12.0


class CannotRing(Exception):
    """The broker was away."""


# Processes


def killed_mid_refresh(scene: Scene) -> None:
    """kill -9, or a polite stop, while the provider holds the answer to a page of a list back."""
    ready = Refresh.objects.filter(noun__in=NOUNS, trouble="", lease_until=None).select_related("account")
    row = ready.order_by("?").first()
    if row is None:
        return
    account, action = scene.provider.state.accounts[row.account.remote_uuid], f"get_{row.noun}"
    key = scene.provider.current[account.uuid]
    hold = Fault.hold()
    scene.provider.faults.add(hold, action=action, key=key, after=scene.random.choice((0, 0, 1)))
    scene.make_due(account, row.noun)
    try:
        if hold.arrived.wait(_TO_THE_BARRIER):
            time.sleep(0.2)
            _strike_at_barrier(scene, action, key)
    finally:
        hold.release.set()


def _strike_at_barrier(scene: Scene, action: str, key: str) -> None:
    request = scene.provider.crossing.held(action, key)
    children = {child: worker for worker in WORKERS for child in scene.portal.children(worker)}
    child = owner_of_port(request.port, list(children)) if request else None
    if child is None:
        return
    worker = children[child]
    _wait_until_settled(scene, worker)
    how = scene.random.choice(("child", "child", "worker", "worker", "main", "TERM", "QUIT"))
    if how == "child":
        scene.portal.killed_child(worker, child)
    elif how in {"worker", "main"}:
        scene.portal.kill(worker, whole_group=how == "worker")
    else:
        number = signal.SIGTERM if how == "TERM" else signal.SIGQUIT
        strike(scene.portal.pid(worker), number)
    scene.doorbell_lost()
    scene.struck(f"{how} stopped mid-refresh" if how in {"TERM", "QUIT"} else f"{how} killed mid-refresh")


def killed(scene: Scene, *programs: str) -> None:
    for program in programs:
        _wait_until_settled(scene, program)
    scene.doorbell_lost()
    scene.portal.kill(*programs)
    scene.doorbell_lost()
    scene.struck(f"{programs[0].rstrip('2')} killed" if len(programs) == 1 else "all killed")


def all_killed(scene: Scene) -> None:
    killed(scene, *PROGRAMS)


def web_child_killed(scene: Scene) -> None:
    if children := scene.portal.children("web"):
        scene.portal.killed_child("web", scene.random.choice(children))
        scene.struck("web child killed")


def worker_stopped(scene: Scene, worker: str) -> None:
    scene.portal.ask_to_stop(worker, scene.random.choice((signal.SIGTERM, signal.SIGQUIT)))
    scene.doorbell_lost()
    scene.struck("worker stopped")


def _wait_until_settled(scene: Scene, program: str) -> None:
    time.sleep(max(0.0, _SETTLED - scene.portal.age(program)))


# The broker


def broker_frozen(scene: Scene) -> None:
    with scene.portal.frozen("valkey"):
        scene.sleep(2, 9)
    scene.struck("broker black hole")


def broker_refusing(scene: Scene) -> None:
    """Nobody gets in, and whoever was in is thrown out."""
    socket = valkey.socket_path(scene.portal.data_dir)
    aside = socket.with_name("aside.sock")
    with scene.portal.outages.of("valkey"), _broker() as client:
        client.ping()
        socket.rename(aside)
        for kind in ("normal", "pubsub"):
            client.execute_command("CLIENT", "KILL", "TYPE", kind, "SKIPME", "yes")
        scene.sleep(1, 8)
        aside.rename(socket)
    scene.doorbell_lost()
    scene.struck("broker refuses")


def broker_flapping(scene: Scene) -> None:
    with scene.portal.outages.of("valkey"), _broker() as client:
        for _ in range(5):
            for kind in ("normal", "pubsub"):
                client.execute_command("CLIENT", "KILL", "TYPE", kind, "SKIPME", "yes")
            scene.sleep(0.1, 0.8)
    scene.doorbell_lost()
    scene.struck("broker flaps")


def broker_wiped(scene: Scene) -> None:
    scene.doorbell_lost()
    with _broker() as client:
        client.flushall()
    scene.doorbell_lost()
    scene.struck("broker wiped")


def _broker() -> redis.Redis:
    path = str(valkey.socket_path(settings.PORTAL_DATA_DIR))
    return redis.Redis(unix_socket_path=path, single_connection_client=True, socket_timeout=10)


# Messages


def delivered_again(scene: Scene) -> None:
    """Five copies of one message at once, in both queues."""
    due = list(Refresh.objects.exclude(next_due_at=None).values_list("pk", flat=True))
    if not due:
        return
    pk = scene.random.choice(due)
    Refresh.objects.filter(pk=pk).update(next_due_at=timezone.now())
    for number in range(5):
        _publish(REFRESH, pk, ("refresh", "people")[number % 2])
    scene.struck("delivered 5 times")


def stale_messages(scene: Scene) -> None:
    """Of rows that are not due, of one that never was, of an operation that has long ended."""
    later = list(Refresh.objects.filter(next_due_at__gt=timezone.now()).values_list("pk", flat=True)[:4])
    for pk in (*later, 10**9):
        _publish(REFRESH, pk, "refresh")
    if ended := Operation.objects.exclude(state__in=("sending", "unknown")).order_by("?").first():
        _publish(SETTLE, str(ended.pk), "people")
    scene.struck("stale messages")


def _publish(task: str, argument: object, queue: str) -> None:
    try:
        app.send_task(task, args=[argument], queue=queue)
    except Exception as error:  # when the broker is struck meanwhile, kombu stumbles in more than one way
        raise CannotRing from error


# The database


def database_locked(scene: Scene) -> None:
    with scene.portal.outages.of("database"):
        if connection.vendor == "sqlite":
            _lock_file(scene)
        else:
            _lock_tables(scene)
    scene.struck("database locked")


def _lock_file(scene: Scene) -> None:
    path = connection.settings_dict["NAME"]
    with closing(sqlite3.connect(path, timeout=20, isolation_level=None)) as own:
        own.execute("BEGIN EXCLUSIVE")
        scene.sleep(1, 5)
        own.execute("ROLLBACK")


def _lock_tables(scene: Scene) -> None:
    tables = ", ".join(model._meta.db_table for model in (Refresh, Operation))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE")
        scene.sleep(1, 5)
