"""Shells: ids in, one call, done. Each is safe to run any number of times at once."""

from celery import shared_task

from portal import housekeeping
from portal.mail import sending
from ultahost_api.refresh import clocks, schedule


@shared_task(name="portal.tasks.notify")
def notify(sent_at: float | None = None) -> None:
    """``sent_at`` is what beat's clock told then."""
    if clocks.heard("notify", sent_at):
        schedule.beat("worker")
        housekeeping.forget_the_future()
        sending.look_round()


@shared_task(name="portal.tasks.send")
def send(notification_id: str) -> None:
    schedule.beat("worker")
    sending.send(notification_id)


@shared_task(name="portal.tasks.tidy")
def tidy() -> None:
    schedule.beat("worker")
    housekeeping.tidy()
