"""What admins alone look after: people, invitations, the audit log."""

from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from portal.models import AuditEntry, Invitation, User
from portal.models.audit import AuditEntryQuerySet


def people_to_manage(user: User) -> QuerySet[User]:
    return User.objects.all() if user.is_admin else User.objects.none()


def person_to_manage(user: User, person_id: UUID) -> User:
    return get_object_or_404(people_to_manage(user), pk=person_id)


def invitation_to_manage(user: User, invitation_id: UUID) -> Invitation:
    """An open one: what was accepted or revoked is no invitation any more."""
    invitations = Invitation.objects.open() if user.is_admin else Invitation.objects.none()
    return get_object_or_404(invitations, pk=invitation_id)


def audit_to_read(user: User) -> AuditEntryQuerySet:
    return AuditEntry.objects.all() if user.is_admin else AuditEntry.objects.none()
