"""Mails to people: one row for each event and person, written before anything is sent."""

import uuid
from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

LIFE = timedelta(hours=12)  # a mail that could not be sent by then is given up
LONGEST_WAIT = timedelta(minutes=15)


def wait_after(tries: int) -> timedelta:
    """1, 2, 4 minutes and so on."""
    return min(LONGEST_WAIT, timedelta(minutes=2 ** min(tries, 10)))


def _has_come(now: datetime) -> Q:
    """Whether the time has come.

    A time too far in the future was written by a wrong clock and counts as past.
    """
    return Q(next_try_at__lte=now) | Q(next_try_at__gt=now + LONGEST_WAIT)


class NotificationQuerySet(models.QuerySet["Notification"]):
    def waiting(self) -> Self:
        return self.filter(state=Notification.State.WAITING)

    def due(self, now: datetime) -> Self:
        return self.waiting().filter(_has_come(now))


class Notification(models.Model):
    """One thing that one person is told once.

    It is sent at most once: the row says ``tried`` before a byte leaves, and goes back to ``waiting`` only
    when the mail server surely did not take the mail. A process that dies in between leaves ``tried`` behind.
    """

    class Kind(models.TextChoices):
        NEW_DEVICE = "new_device", _("A sign-in from a new browser")
        KEY_REFUSED = "key_refused", _("Other people's keys that Ultahost refuses")
        ACT = "act", _("Other people's actions on your domains")
        SHARING = "sharing", _("Changes of access to your accounts")
        OUTCOME = "outcome", _("Payments and changes with an unknown result")
        OVERDUE = "overdue", _("Invoices that became overdue")
        LAPSING = "lapsing", _("Domains at risk")
        DIGEST = "digest", _("The daily e-mail")  # holds those two

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        TRIED = "tried", _("Perhaps sent")
        SENT = "sent", _("Sent")
        REFUSED = "refused", _("Refused by the mail server")
        GIVEN_UP = "given_up", _("Given up")
        POINTLESS = "pointless", _("No longer needed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="notifications")
    kind = models.CharField(max_length=20, choices=Kind)
    subject = models.CharField(max_length=120)  # what it is about; of a digest the person's day
    facts = models.JSONField(default=dict)  # ids, and what no row holds; never a secret
    digest = models.ForeignKey("self", models.PROTECT, null=True, related_name="parts")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    created_at = models.DateTimeField(default=timezone.now)
    next_try_at = models.DateTimeField(default=timezone.now)
    tries = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "kind", "subject"], name="each_person_is_told_once")
        ]
        indexes = [
            models.Index(fields=["state", "next_try_at"]),
            models.Index(fields=["kind", "subject"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"

    def take(self) -> bool:
        """Claim it for sending. Returns True for only one of two workers."""
        ours = Notification.objects.waiting().filter(pk=self.pk)
        self.tries += 1
        return bool(ours.update(state=self.State.TRIED, tries=self.tries))

    def put_back(self) -> None:
        """The mail was certainly not accepted: it waits again. A digest collects its parts anew."""
        self.parts.all().delete()
        later = timezone.now() + wait_after(self.tries - 1)
        self._become(self.State.WAITING, next_try_at=later)

    def end(self, state: "Notification.State") -> None:
        sent_at = timezone.now() if state == self.State.SENT else None
        self.parts.update(state=state, sent_at=sent_at)
        self._become(state, sent_at=sent_at)

    def _become(self, state: "Notification.State", **fields: Any) -> None:
        Notification.objects.filter(pk=self.pk).update(state=state, **fields)


class MailTrouble(models.Model):
    """One row while the mail server takes no mail, none otherwise."""

    class Word(models.TextChoices):
        UNREACHABLE = "unreachable", _("no connection")
        SILENT = "silent", _("no answer")
        LOGIN = "login", _("it refuses the portal's login")
        SENDER = "sender", _("it refuses the portal's own address")
        CUT = "cut", _("the connection breaks")

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    word = models.CharField(max_length=20, choices=Word)
    since = models.DateTimeField(default=timezone.now)
    next_try_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)

    @classmethod
    def note(cls, word: "MailTrouble.Word") -> None:
        now = timezone.now()
        cls.objects.get_or_create(id=1, defaults={"word": word, "next_try_at": now, "since": now})
        tries = cls.objects.values_list("tries", flat=True).filter(id=1).first() or 0
        cls.objects.filter(id=1).update(word=word, tries=F("tries") + 1, next_try_at=now + wait_after(tries))

    @classmethod
    def allows_a_try(cls) -> bool:
        """Whether a mail may be tried. During trouble only one at a time is, after a growing pause."""
        trouble = cls.objects.first()
        if trouble is None:
            return True
        now = timezone.now()
        same = cls.objects.filter(_has_come(now), id=1, next_try_at=trouble.next_try_at)
        return bool(same.update(next_try_at=now + LONGEST_WAIT))

    @classmethod
    def waits(cls) -> bool:
        """Whether nothing may be tried right now."""
        return cls.objects.exclude(_has_come(timezone.now())).exists()

    @classmethod
    def end(cls) -> None:
        cls.objects.all().delete()


class Device(models.Model):
    """A browser that a person has signed in with, known by a cookie of which only a keyed hash is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="devices")
    hash = models.CharField(max_length=64)
    known_since = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "hash"], name="one_row_per_device_and_person")
        ]
