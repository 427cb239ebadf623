"""Shells: ids in, one call, done. Each is safe to run any number of times at once."""

from uuid import UUID

from celery import shared_task

from ultahost_api import keys, operations
from ultahost_api.models import ApiKey
from ultahost_api.refresh import clocks, runs, schedule
from ultahost_api.wakeup import publish_batch, publish_key, publish_operation


@shared_task(name="ultahost_api.tasks.tick")
def tick(sent_at: float | None = None) -> None:
    """``sent_at`` is what beat's clock told then."""
    if not clocks.heard("tick", sent_at):
        return
    schedule.beat("worker")
    clocks.put_right()
    schedule.tick()
    for key in keys.due_for_verification():
        publish_key(key.pk)
    operations.abandon()
    for batch in operations.waiting_batches():
        publish_batch(batch)
    for operation_id in operations.due():
        publish_operation(operation_id)


@shared_task(name="ultahost_api.tasks.refresh")
def refresh(refresh_id: int) -> None:
    schedule.beat("worker")  # with every process at work no tick is heard for a minute, here and below
    runs.run(refresh_id)


@shared_task(name="ultahost_api.tasks.settle")
def settle(operation_id: str) -> None:
    schedule.beat("worker")
    operations.settle(operation_id)


@shared_task(name="ultahost_api.tasks.send_next")
def send_next(batch: str) -> None:
    schedule.beat("worker")
    operations.send_next(UUID(batch))


@shared_task(name="ultahost_api.tasks.verify_key")
def verify_key(key_id: str) -> None:
    schedule.beat("worker")
    key = ApiKey.objects.present().filter(pk=key_id).first()
    if key:
        keys.verify(key)
