"""Shells: ids in, one call, done. Each is safe to run any number of times at once."""

from celery import shared_task

from portal import tidying
from portal.notifying import sending


@shared_task(name="portal.tasks.notify", expires=30)
def notify() -> None:
    sending.look_round()


@shared_task(name="portal.tasks.send")
def send(notification_id: str) -> None:
    sending.send(notification_id)


@shared_task(name="portal.tasks.tidy", expires=3600)
def tidy() -> None:
    tidying.tidy()
