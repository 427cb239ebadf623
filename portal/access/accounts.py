"""The accounts that a user may view, operate in or pay for, as QuerySets."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from portal.access import rights
from portal.access.rights import holds_key
from portal.models import Grant, Role, User
from ultahost_api.models import Account, ApiKey
from ultahost_api.models.accounts import AccountQuerySet


def accounts_to_view(user: User) -> AccountQuerySet:
    """Accounts whose services, domains and so on the user sees: by an active key, a grant or as admin."""
    return rights.accounts(user, rights.to_view)


def accounts_to_operate(user: User) -> AccountQuerySet:
    """Accounts in which the user may write: by a key that Ultahost accepts, an operate grant, or as admin.

    A billing user's grant allows paying only: see ``accounts_to_pay``.
    """
    return rights.accounts(user, rights.to_operate)


def accounts_to_pay(user: User) -> AccountQuerySet:
    """Accounts for which the user may pay and see payment methods."""
    return rights.accounts(user, rights.to_pay)


def accounts_to_assign(user: User) -> AccountQuerySet:
    """Accounts of whose invoice lines the user may say what they are of: billing of all that they read."""
    return rights.accounts(user, rights.with_invoices if user.role == Role.BILLING else rights.to_operate)


def accounts_with_invoices(user: User) -> AccountQuerySet:
    """Accounts whose invoices the user may read: all that are not private, and those they may view."""
    return rights.accounts(user, rights.with_invoices)


def accounts_of_own_keys(user: User) -> QuerySet[Account]:
    """Accounts whose login at Ultahost the user may change: only those to which they have a working key."""
    if not user.is_active:
        return Account.objects.none()
    return Account.objects.filter(holds_key(user, ApiKey.objects.usable()))


def accounts_to_share(user: User) -> QuerySet[Account]:
    """Accounts on which the user may give grants and set privacy: by an active key, or as admin."""
    if user.is_admin:
        return Account.objects.all()
    if not user.is_active or not user.may_hold_keys:
        return Account.objects.none()
    return Account.objects.filter(holds_key(user, ApiKey.objects.active()))


def may_give(giver: User, account: Account, level: str) -> bool:
    """A giver gives no more than they have: with a key that Ultahost refuses, only View."""
    return level != Grant.Level.OPERATE or accounts_to_operate(giver).contains(account)


def accounts_without(person: User) -> QuerySet[Account]:
    """Accounts to which only this person has a key. When they leave, no key opens these accounts."""
    others = (
        ApiKey.objects.active().filter(account=OuterRef("pk"), owner__is_active=True).exclude(owner=person)
    )
    return Account.objects.filter(holds_key(person, ApiKey.objects.present()), ~Exists(others))


def reads_besides(user: User, account: Account) -> bool:
    """Whether the user is shown fields that Ultahost does not document: what they hold is not known."""
    return accounts_to_operate(user).contains(account)


def account_to_operate(user: User, account_id: UUID) -> Account:
    tell_of_a_dead_key(user, account_id)
    return account_among(accounts_to_operate(user), account_id)


def account_of_own_key(user: User, account_id: UUID) -> Account:
    if not accounts_of_own_keys(user).filter(pk=account_id).exists():
        tell_of_a_dead_key(user, account_id)
    return account_among(accounts_of_own_keys(user), account_id)


def tell_of_a_dead_key(user: User, account_id: UUID) -> None:
    """Raise PermissionDenied, with the reason, if the user's only key to the account does not work."""
    if accounts_to_operate(user).filter(pk=account_id).exists() or user.role == Role.BILLING:
        return
    dead = ApiKey.objects.active().exclude(pk__in=ApiKey.objects.usable().values("pk"))
    if user.is_active and (account := Account.objects.filter(holds_key(user, dead), pk=account_id).first()):
        words = _("Your API key for %(account)s does not work. Replace it to use this page again.")
        raise PermissionDenied(words % {"account": account})


def account_to_share(user: User, account_id: UUID) -> Account:
    return account_among(accounts_to_share(user), account_id)


def account_among(accounts: QuerySet[Account], account_id: UUID) -> Account:
    return get_object_or_404(accounts, pk=account_id)


def owners_of(account: Account) -> QuerySet[User]:
    """Active users with an active key to the account.

    Keys of a user whose role is now billing do not count.
    """
    keys = ApiKey.objects.active().filter(account=account)
    return User.objects.filter(is_active=True, pk__in=keys.values("owner")).exclude(role=Role.BILLING)


def sharers_of(account: Account) -> QuerySet[User]:
    """Users whose ``accounts_to_share`` include this account."""
    owners = Q(pk__in=owners_of(account), role=Role.MEMBER)
    return User.objects.active().filter(owners | Q(role=Role.ADMIN))


def grants_to_change(user: User, account: Account) -> QuerySet[Grant]:
    grants = Grant.objects.filter(account__in=accounts_to_share(user)).filter(account=account)
    return grants.select_related("user", "account", "given_by")


def grants_held_by(person: User) -> QuerySet[Grant]:
    return Grant.objects.filter(user=person).select_related("account").order_by("account__name")


def grants_left_by(person: User) -> QuerySet[Grant]:
    """Grants that the person gave or has.

    The first stay valid; the second are valid again after a reactivation.
    """
    grants = Grant.objects.filter(Q(given_by=person) | Q(user=person))
    return grants.select_related("user", "account", "given_by").order_by("account__name", "user__name")
