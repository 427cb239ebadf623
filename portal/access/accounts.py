"""Which accounts somebody sees, works in, pays for."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from portal.models import AccountPolicy, Grant, Role, User
from ultahost_api.models import Account, ApiKey
from ultahost_api.models.api_keys import ApiKeyQuerySet


def accounts_to_view(user: User) -> QuerySet[Account]:
    """Services, domains and the other nouns: owners of an active key, holders of a grant, admins."""
    if user.is_admin:
        return Account.objects.all()
    if not user.is_active or user.role == Role.BILLING:
        return Account.objects.none()
    return Account.objects.filter(_holds_key(user, ApiKey.objects.active()) | _holds_grant(user))


def accounts_to_operate(user: User) -> QuerySet[Account]:
    """Writes: owners of a key that Ultahost takes, operate grants, admins.

    A billing user's grant is for paying alone.
    """
    if user.is_admin:
        return Account.objects.all()
    if not user.is_active or user.role == Role.BILLING:
        return Account.objects.none()
    usable = _holds_key(user, ApiKey.objects.usable())
    return Account.objects.filter(usable | _holds_grant(user, Grant.Level.OPERATE))


def accounts_to_pay(user: User) -> QuerySet[Account]:
    """Paying and payment methods: whoever operates, and billing users with an operate grant."""
    if user.role == Role.BILLING and user.is_active:
        return Account.objects.filter(_holds_grant(user, Grant.Level.OPERATE))
    return accounts_to_operate(user)


def accounts_with_invoices(user: User) -> QuerySet[Account]:
    """The shared invoice view: everybody reads every account that is not private."""
    if not user.is_active:
        return Account.objects.none()
    if user.role in {Role.ADMIN, Role.BILLING}:
        return Account.objects.all()
    return Account.objects.filter(~is_private() | Q(pk__in=accounts_to_view(user)))


def accounts_of_own_keys(user: User) -> QuerySet[Account]:
    """The provider's own login: only with a key of one's own, whatever else one may do."""
    if not user.is_active:
        return Account.objects.none()
    return Account.objects.filter(_holds_key(user, ApiKey.objects.usable()))


def accounts_to_share(user: User) -> QuerySet[Account]:
    """Giving grants on it, making it private: owners of an active key, admins."""
    if user.is_admin:
        return Account.objects.all()
    if not user.is_active or not user.may_hold_keys:
        return Account.objects.none()
    return Account.objects.filter(_holds_key(user, ApiKey.objects.active()))


def accounts_without(person: User) -> QuerySet[Account]:
    """Those that nobody else of the team has a key to: once the person has left, nobody opens them."""
    others = (
        ApiKey.objects.active().filter(account=OuterRef("pk"), owner__is_active=True).exclude(owner=person)
    )
    return Account.objects.filter(_holds_key(person, ApiKey.objects.present()), ~Exists(others))


def account_to_operate(user: User, account_id: UUID) -> Account:
    tell_of_a_dead_key(user, account_id)
    return account_among(accounts_to_operate(user), account_id)


def account_of_own_key(user: User, account_id: UUID) -> Account:
    if not accounts_of_own_keys(user).filter(pk=account_id).exists():
        tell_of_a_dead_key(user, account_id)
    return account_among(accounts_of_own_keys(user), account_id)


def tell_of_a_dead_key(user: User, account_id: UUID) -> None:
    """PermissionDenied, with the reason, if a key that does not work is all that a user has of an account."""
    if accounts_to_operate(user).filter(pk=account_id).exists() or user.role == Role.BILLING:
        return
    dead = ApiKey.objects.active().exclude(pk__in=ApiKey.objects.usable().values("pk"))
    if user.is_active and (account := Account.objects.filter(_holds_key(user, dead), pk=account_id).first()):
        words = _("Your API key for %(account)s does not work. Replace it to use this page again.")
        raise PermissionDenied(words % {"account": account})


def account_to_share(user: User, account_id: UUID) -> Account:
    return account_among(accounts_to_share(user), account_id)


def account_among(accounts: QuerySet[Account], account_id: UUID) -> Account:
    return get_object_or_404(accounts, pk=account_id)


def owners_of(account: Account) -> QuerySet[User]:
    """Active users with an active key to it; who became billing holds none any more."""
    keys = ApiKey.objects.active().filter(account=account)
    return User.objects.filter(is_active=True, pk__in=keys.values("owner")).exclude(role=Role.BILLING)


def sharers_of(account: Account) -> QuerySet[User]:
    """Those whose ``accounts_to_share`` it is among."""
    owners = Q(pk__in=owners_of(account), role=Role.MEMBER)
    return User.objects.active().filter(owners | Q(role=Role.ADMIN))


def grants_to_change(user: User, account: Account) -> QuerySet[Grant]:
    grants = Grant.objects.filter(account__in=accounts_to_share(user)).filter(account=account)
    return grants.select_related("user", "account", "given_by")


def grants_held_by(person: User) -> QuerySet[Grant]:
    return Grant.objects.filter(user=person).select_related("account").order_by("account__name")


def grants_left_by(person: User) -> QuerySet[Grant]:
    """Given by or to whoever leaves: the first stay in force, the second come back with the person."""
    grants = Grant.objects.filter(Q(given_by=person) | Q(user=person))
    return grants.select_related("user", "account", "given_by").order_by("account__name", "user__name")


def _holds_key(user: User, keys: ApiKeyQuerySet) -> Q:
    return Q(Exists(keys.filter(owner=user, account=OuterRef("pk"))))


def _holds_grant(user: User, level: str | None = None) -> Q:
    grants = Grant.objects.filter(user=user, account=OuterRef("pk"))
    return Q(Exists(grants.filter(level=level) if level else grants))


def is_private() -> Exists:
    return Exists(AccountPolicy.objects.filter(account=OuterRef("pk"), private=True))
