"""Who else gets into an account: each act with its line in the audit log, and told to whom it concerns."""

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from portal import audit, telling
from portal.http import Request
from portal.models import AccountPolicy, Act, Grant, User
from ultahost_api.models import Account


class HeldAlready(Exception):
    """Somebody has given this person a grant on the account before; that one stays as it is."""

    def __init__(self, grant: Grant) -> None:
        super().__init__(grant.pk)
        self.grant = grant


class ChangedMeanwhile(Exception):
    """The grant is not as it was on the page, or not there any more. Nothing was changed."""


def give(request: Request, account: Account, person: User, level: str) -> Grant:
    with transaction.atomic():
        by = {"level": level, "given_by": request.user}
        grant, is_new = Grant.objects.get_or_create(user=person, account=account, defaults=by)
        if not is_new:
            raise HeldAlready(grant)
        audit.record(request, Act.GRANT_GIVEN, person, account=account, level=level)
    _tell(request, grant)
    return grant


def change(request: Request, grant: Grant, level: str) -> None:
    """Nothing where it has this level; else it is then of whoever changed it, and since now."""
    before, now = grant.level, timezone.now()
    if level == before:
        return
    with transaction.atomic():
        as_read = Grant.objects.filter(pk=grant.pk, level=before)
        if not as_read.update(level=level, given_by=request.user, given_at=now):
            raise ChangedMeanwhile
        audit.record(
            request, Act.GRANT_CHANGED, grant.user, account=grant.account, before=before, level=level
        )
    grant.level, grant.given_by, grant.given_at = level, request.user, now
    _tell(request, grant)


def take(request: Request, grant: Grant) -> None:
    """Nothing where somebody was quicker: what was wanted is so."""
    with transaction.atomic():
        taken, _rows = Grant.objects.filter(pk=grant.pk).delete()
        if taken:
            audit.record(request, Act.GRANT_TAKEN, grant.user, account=grant.account, level=grant.level)
    if taken:
        words = _("The grant of %(person)s was taken away") % {"person": grant.user}
        telling.tell_owners(grant.account, request.user, words)


def set_private(request: Request, account: Account, private: bool) -> None:
    """Nothing where it is so already."""
    with transaction.atomic():
        AccountPolicy.objects.get_or_create(account=account)
        policy = AccountPolicy.objects.filter(account=account).exclude(private=private)
        if changed := policy.update(private=private):
            audit.record(request, Act.MADE_PRIVATE if private else Act.MADE_PUBLIC, account, account=account)
    if changed:
        telling.tell_owners(account, request.user, _("Made private") if private else _("Opened to the team"))


def _tell(request: Request, grant: Grant) -> None:
    """Whoever got it, and the owners where an admin gave it."""
    names = {"person": grant.user, "account": grant.account, "right": grant.gives}
    telling.tell_owners(grant.account, request.user, _("A grant for %(person)s: %(right)s") % names)
    names |= {"who": request.user, "email": request.user.email}
    names["page"] = f"{settings.PORTAL_URL}{reverse('accounts')}"
    subject = _("You have a grant on %(account)s now: %(right)s") % names
    telling.tell(grant.user, subject, _("%(who)s (%(email)s) gave it. Your accounts: %(page)s") % names)
