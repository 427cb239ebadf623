"""Sends the rows of the outbox, only in a worker, so that no page waits for a mail server."""

import logging
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from portal.mail import digests, messages, outbox, smtp
from portal.models import MailTrouble, Notification, User
from portal.models.notifications import LIFE, LONGEST_WAIT
from ultahost_api import wakeup

State = Notification.State
Kind = Notification.Kind

_AT_ONCE = 100  # published by one look
_REFUSAL_SHOWN = timedelta(days=7)

log = logging.getLogger(__name__)


def look_round() -> None:
    """Write new rows, give up old ones, and publish those that are due."""
    if not settings.EMAIL_URL:
        return
    outbox.open_outcomes()
    outbox.unlocks()
    digests.plan()
    _give_up()
    for notification_id in due():
        wakeup.publish_task(outbox.SEND, str(notification_id))


def due() -> list[UUID]:
    """Rows that are due, each returned once per try; only one while the mail server has trouble."""
    if MailTrouble.waits():
        return []
    now = timezone.now()
    most = 1 if MailTrouble.objects.exists() else _AT_ONCE
    waiting = Notification.objects.due(now).order_by("next_try_at", "created_at")[:most]
    return [
        pk
        for pk, at in waiting.values_list("pk", "next_try_at")
        if Notification.objects.waiting()
        .filter(pk=pk, next_try_at=at)
        .update(next_try_at=now + LONGEST_WAIT / 5)
    ]


def send(notification_id: UUID | str) -> None:
    if not settings.EMAIL_URL or MailTrouble.waits():
        return
    with transaction.atomic():  # after the commit it counts as sent, even if this process dies
        waiting = Notification.objects.waiting().select_related("person")
        notification = waiting.filter(pk=notification_id).first()
        if notification is None or not notification.take():
            return
        letter = messages.letter(notification)
        if letter is None:
            notification.end(State.POINTLESS)
            return
        if not MailTrouble.allows_a_try():
            transaction.set_rollback(True)
            return
    _hand_over(notification, letter)


def trouble_for(user: User) -> MailTrouble | None:
    """For admins: whether the mail server takes no mail."""
    return MailTrouble.objects.first() if user.is_admin and settings.EMAIL_URL else None


def unreachable_for(user: User) -> QuerySet[User]:
    """For admins: people whose last mail was refused for good."""
    if not user.is_admin or not settings.EMAIL_URL:
        return User.objects.none()
    lately = Notification.objects.filter(created_at__gt=timezone.now() - _REFUSAL_SHOWN, digest=None)
    ended = lately.filter(person=OuterRef("pk"), state__in=[State.SENT, State.REFUSED]).order_by(
        "-created_at"
    )
    last = Subquery(ended.values("state")[:1])
    return User.objects.active().annotate(last_mail=last).filter(last_mail=State.REFUSED)


def _hand_over(notification: Notification, letter: EmailMessage) -> None:
    try:
        smtp.hand_over(letter)
    except smtp.NotTaken as error:
        MailTrouble.note(error.word)
        notification.put_back()
        log.warning("The mail server takes no mail: %s. It is tried again.", error.word)
        return
    except smtp.MayHaveArrived as error:
        MailTrouble.note(error.word)
        log.warning("The mail %s may have arrived or not; it is not sent again.", notification.pk)
        return
    except smtp.Refused as error:
        _note_refusal(notification, for_good=error.for_good)
    else:
        notification.end(State.SENT)
    MailTrouble.end()


def _note_refusal(notification: Notification, *, for_good: bool) -> None:
    log.warning("The mail server refuses the mail %s%s.", notification.pk, "" if for_good else " for now")
    notification.put_back()
    if for_good:
        notification.end(State.REFUSED)


def _give_up() -> None:
    """Give up digests of earlier days, and other mails after some hours."""
    waiting = Notification.objects.waiting().filter(created_at__lt=timezone.now() - LIFE)
    waiting.update(state=State.GIVEN_UP)
