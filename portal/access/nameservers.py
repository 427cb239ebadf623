"""The team's saved nameserver sets: used and changed by people who may operate any account."""

from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from portal.access.accounts import accounts_to_operate
from portal.models import NameserverSet, User


def may_change_nameserver_sets(user: User) -> bool:
    return bool(accounts_to_operate(user))


def nameserver_sets_to_change(user: User) -> QuerySet[NameserverSet]:
    return NameserverSet.objects.all() if may_change_nameserver_sets(user) else NameserverSet.objects.none()


def nameserver_set_to_change(user: User, set_id: UUID) -> NameserverSet:
    return get_object_or_404(nameserver_sets_to_change(user), pk=set_id)
