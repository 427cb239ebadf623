"""What a person does with an entry of "What needs you".

None of it is in the audit log: it changes no rights, no money and nothing at Ultahost.
"""

from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from portal.models import NeedNote, User


def take(by: User, kind: str, subject: UUID) -> None:
    """From then on ``by`` does it, also if another person did."""
    now = {"person": by, "at": timezone.now()}
    NeedNote.objects.update_or_create(kind=kind, subject=subject, until=None, defaults=now)


def release(by: User, kind: str, subject: UUID) -> None:
    """Does nothing if another person does it."""
    NeedNote.objects.taken().filter(kind=kind, subject=subject, person=by).delete()


@transaction.atomic
def put_off(by: User, kind: str, subject: UUID, until: date) -> None:
    bring_back(by, kind, subject)
    NeedNote.objects.create(person=by, kind=kind, subject=subject, until=until)


def bring_back(by: User, kind: str, subject: UUID) -> None:
    NeedNote.objects.put_off().filter(person=by, kind=kind, subject=subject).delete()
