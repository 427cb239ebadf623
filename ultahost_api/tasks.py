"""Shells: ids in, one call, done. Each is safe to run any number of times at once."""

from uuid import UUID

from celery import shared_task

from ultahost_api import clock, keys, operating, refreshing
from ultahost_api.bell import ring_batch, ring_key, ring_operation
from ultahost_api.models import ApiKey


@shared_task(name="ultahost_api.tasks.tick")
def tick(sent_at: float | None = None) -> None:
    """``sent_at`` is what beat's clock told then."""
    if not clock.heard("tick", sent_at):
        return
    refreshing.beat("worker")
    clock.put_right()
    refreshing.tick()
    for key in keys.due_for_verification():
        ring_key(key.pk)
    operating.abandon()
    for batch in operating.waiting_batches():
        ring_batch(batch)
    for operation_id in operating.due():
        ring_operation(operation_id)


@shared_task(name="ultahost_api.tasks.refresh")
def refresh(refresh_id: int) -> None:
    refreshing.beat("worker")  # with every process at long refreshes no tick is heard for a minute
    refreshing.run(refresh_id)


@shared_task(name="ultahost_api.tasks.settle")
def settle(operation_id: str) -> None:
    operating.settle(operation_id)


@shared_task(name="ultahost_api.tasks.send_next")
def send_next(batch: str) -> None:
    operating.send_next(UUID(batch))


@shared_task(name="ultahost_api.tasks.verify_key")
def verify_key(key_id: str) -> None:
    key = ApiKey.objects.present().filter(pk=key_id).first()
    if key:
        keys.verify(key)
