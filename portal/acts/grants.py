"""Who else gets into an account: each act with its line in the audit log, and told to whom it concerns."""

from django.db import transaction
from django.utils import timezone

from portal import audit
from portal.mail import outbox
from portal.models import AccountPolicy, Act, Grant, User
from ultahost_api.models import Account


class HeldAlready(Exception):
    """The person already has a grant on the account. It was not changed."""

    def __init__(self, grant: Grant) -> None:
        super().__init__(grant.pk)
        self.grant = grant


class ChangedMeanwhile(Exception):
    """The grant was changed or removed after the page was opened. Nothing was changed now."""


@transaction.atomic
def give(by: User, account: Account, person: User, level: str) -> Grant:
    given = {"level": level, "given_by": by}
    grant, is_new = Grant.objects.get_or_create(user=person, account=account, defaults=given)
    if not is_new:
        raise HeldAlready(grant)
    outbox.sharing(account, by, Act.GRANT_GIVEN, grant)
    audit.record(by, Act.GRANT_GIVEN, person, account=account, level=level)
    return grant


def change(by: User, grant: Grant, level: str) -> None:
    """Does nothing if the grant has this level. Otherwise ``by`` becomes its giver, and its date is now."""
    before, now = grant.level, timezone.now()
    if level == before:
        return
    with transaction.atomic():
        as_read = Grant.objects.filter(pk=grant.pk, level=before)
        if not as_read.update(level=level, given_by=by, given_at=now):
            raise ChangedMeanwhile
        grant.level, grant.given_by, grant.given_at = level, by, now
        outbox.sharing(grant.account, by, Act.GRANT_CHANGED, grant)
        audit.record(by, Act.GRANT_CHANGED, grant.user, account=grant.account, before=before, level=level)


@transaction.atomic
def take(by: User, grant: Grant) -> None:
    """Does nothing if the grant has already been removed."""
    taken, _rows = Grant.objects.filter(pk=grant.pk).delete()
    if taken:
        outbox.sharing(grant.account, by, Act.GRANT_TAKEN, grant)
        audit.record(by, Act.GRANT_TAKEN, grant.user, account=grant.account, level=grant.level)


def set_private(by: User, account: Account, private: bool) -> None:
    """Does nothing if the account is already so."""
    act = Act.MADE_PRIVATE if private else Act.MADE_PUBLIC
    with transaction.atomic():
        AccountPolicy.objects.get_or_create(account=account)
        policy = AccountPolicy.objects.filter(account=account).exclude(private=private)
        if policy.update(private=private):
            outbox.sharing(account, by, act)
            audit.record(by, act, account, account=account)
