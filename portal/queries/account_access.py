"""Who has access to an account, to which accounts a person has access, and through what."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from portal import access
from portal.models import AccountPolicy, Grant, Role, User
from portal.queries.freshness import Freshness, of_each
from ultahost_api import conf
from ultahost_api.models import Account, ApiKey, Noun
from ultahost_api.models.invoice_totals import Owed


@dataclass(frozen=True, slots=True)
class Reached:
    """An account with the access of one person. If not ``is_open``, they can read only its invoices."""

    account: Account
    ways: list[str]
    is_open: bool
    is_private: bool
    sums: list[Owed]  # what it owes, per currency
    freshness: Freshness | None  # of its invoices

    @property
    def owed(self) -> Decimal:
        """The open sum in the account's own currency."""
        return sum((one.total for one in self.sums if one.currency == self.account.currency), Decimal(0))

    @property
    def unread(self) -> int:
        """The number of invoices that are in no sum, because their total could not be read."""
        return sum(one.unread for one in self.sums)

    @property
    def owed_elsewhere(self) -> list[Owed]:
        """The open sums in currencies that the account had before."""
        return [one for one in self.sums if one.currency != self.account.currency]

    @property
    def next_due(self) -> date | None:
        return min((one.first_due for one in self.sums if one.first_due), default=None)

    @property
    def is_overdue(self) -> bool:
        return self.next_due is not None and self.next_due < conf.today()


def accounts_of(user: User) -> list[Reached]:
    """Every account of which the user may see something.

    The number of queries does not depend on the accounts.
    """
    accounts = access.accounts_with_invoices(user)
    opened = {account.pk for account in access.accounts_to_view(user)}
    private = set(AccountPolicy.objects.private().values_list("account", flat=True))
    owed = access.invoices_to_view(user).owed()
    freshness = of_each(Noun.INVOICES, accounts)
    ways = _ways(user)
    return [
        Reached(
            account,
            ways.get(account.pk) or [_without_more(user)],
            is_open=account.pk in opened,
            is_private=account.pk in private,
            sums=owed.get(account.pk, []),
            freshness=freshness.get(account.pk),
        )
        for account in accounts
    ]


def _ways(user: User) -> dict[UUID | None, list[str]]:
    """Keys and grants in words, by account."""
    ways: dict[UUID | None, list[str]] = {}
    for key in ApiKey.objects.active().filter(owner=user) if user.may_hold_keys else ():
        words = _("your key “%(label)s”") if key.is_usable else _("your key “%(label)s”, which does not work")
        ways.setdefault(key.account_id, []).append(words % {"label": key.label})
    for grant in Grant.objects.filter(user=user).select_related("user", "given_by"):
        words = _("%(right)s, from %(person)s") % {"right": grant.gives, "person": grant.given_by}
        ways.setdefault(grant.account_id, []).append(words)
    return ways


def _without_more(user: User) -> str:
    """The access that the role gives, in words, without key or grant."""
    if user.is_admin:
        return _("admin")
    return _("billing: invoices") if user.role == Role.BILLING else _("team: invoices")


@dataclass(frozen=True, slots=True)
class Reach:
    """Who reaches one account: with keys, by grants, and by their role."""

    keys: list[ApiKey]
    grants: list[Grant]
    by_role: list[User]
    sharers: set[UUID]  # who may give grants now

    @property
    def left_behind(self) -> set[UUID]:
        """Grants whose giver may no longer give grants. They stay until they are removed."""
        return {grant.pk for grant in self.grants if grant.given_by_id not in self.sharers}


def people_of(account: Account) -> Reach:
    keys: Iterable[ApiKey] = account.keys.present().select_related("owner").order_by("owner__name", "label")
    grants = account.grants.select_related("user", "given_by").order_by("user__name", "user__email")
    return Reach(
        keys=list(keys),
        grants=list(grants),
        by_role=list(User.objects.active().exclude(role=Role.MEMBER)),
        sharers=set(access.sharers_of(account).values_list("pk", flat=True)),
    )
