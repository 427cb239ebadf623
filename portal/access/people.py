"""What only admins manage: people, invitations, the audit log."""

from uuid import UUID

from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone

from portal.models import AuditEntry, Invitation, PasswordLink, User
from portal.models.audit import AuditEntryQuerySet


def people_to_manage(user: User) -> QuerySet[User]:
    return User.objects.all() if user.is_admin else User.objects.none()


def person_to_manage(user: User, person_id: UUID) -> User:
    return get_object_or_404(people_to_manage(user), pk=person_id)


def invitation_to_manage(user: User, invitation_id: UUID) -> Invitation:
    """An open invitation. An accepted or revoked one is a 404."""
    invitations = Invitation.objects.open() if user.is_admin else Invitation.objects.none()
    return get_object_or_404(invitations, pk=invitation_id)


def invitations_left_by(person: User) -> QuerySet[Invitation]:
    """The person's open invitations; of a deactivated person those that were open at that time."""
    return Invitation.objects.filter(_not_revoked_before_leaving(person), invited_by=person, accepted_by=None)


def password_links_left_by(person: User) -> QuerySet[PasswordLink]:
    """The same for set-password links that the person made for others."""
    left_at = person.deactivated_at or timezone.now()
    links = PasswordLink.objects.filter(_not_revoked_before_leaving(person), made_by=person, used_at=None)
    return links.filter(expires_at__gt=left_at).exclude(person=person).select_related("person")


def _not_revoked_before_leaving(person: User) -> Q:
    return Q(revoked_at=None) | Q(revoked_at__gte=person.deactivated_at or timezone.now())


def audit_to_read(user: User) -> AuditEntryQuerySet:
    return AuditEntry.objects.all() if user.is_admin else AuditEntry.objects.none()
