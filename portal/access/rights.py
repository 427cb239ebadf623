"""The rules that decide who may do what with an account, and a person's rights for one request.

A rule is a condition on accounts: EVERY_ACCOUNT has no condition, and NO_ACCOUNT matches none.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property, lru_cache
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from django.db.models import BooleanField, Exists, ExpressionWrapper, Model, OuterRef, Q, QuerySet

from portal.models import AccountPolicy, Grant, Role, User
from ultahost_api.models import Account, ApiKey, row_versions
from ultahost_api.models.accounts import MOST_IDS, AccountQuerySet, in_statement
from ultahost_api.models.api_keys import ApiKeyQuerySet
from ultahost_api.models.prepared import Prepared

Rule = Callable[[User], Q]
Rows = TypeVar("Rows", bound="QuerySet[Any]")

EVERY_ACCOUNT, NO_ACCOUNT = Q(), Q(pk__in=[])


def to_view(user: User) -> Q:
    """To see services, domains and so on: by an active key, a grant or as admin."""
    if user.is_admin:
        return EVERY_ACCOUNT
    if not user.is_active or user.role == Role.BILLING:
        return NO_ACCOUNT
    return holds_key(user, ApiKey.objects.active()) | _holds_grant(user)


def to_operate(user: User) -> Q:
    """To write: by a key that Ultahost accepts, an operate grant, or as admin.

    A billing user's grant allows paying only: see ``to_pay``.
    """
    if user.is_admin:
        return EVERY_ACCOUNT
    if not user.is_active or user.role == Role.BILLING:
        return NO_ACCOUNT
    return holds_key(user, ApiKey.objects.usable().order_by()) | _holds_grant(user, Grant.Level.OPERATE)


def to_pay(user: User) -> Q:
    """To pay and to see payment methods: as ``to_operate``, and for a billing user by an operate grant."""
    if user.role == Role.BILLING and user.is_active:
        return _holds_grant(user, Grant.Level.OPERATE)
    return to_operate(user)


def with_invoices(user: User) -> Q:
    """To read invoices: every account that is not private, and those that the user may view."""
    if not user.is_active:
        return NO_ACCOUNT
    if user.role in {Role.ADMIN, Role.BILLING}:
        return EVERY_ACCOUNT
    return ~is_private() | to_view(user)


_PREPARED = Prepared(most=200)  # what asks for the rights of a user
RULES: tuple[Rule, ...] = (to_view, to_operate, to_pay, with_invoices)  # most pages need several of them


class _Asked(NamedTuple):
    """By the names of rules: the condition of each that has to be asked for, and those without one."""

    some: dict[str, Q]
    every: frozenset[str]


@lru_cache(maxsize=200)
def _asked(pk: UUID, role: str, is_active: bool) -> _Asked:
    user = User(pk=pk, role=role, is_active=is_active)
    conditions = {rule.__name__: rule(user) for rule in RULES}
    plain = (EVERY_ACCOUNT, NO_ACCOUNT)
    some = {name: condition for name, condition in conditions.items() if condition not in plain}
    every = frozenset(name for name, condition in conditions.items() if condition == EVERY_ACCOUNT)
    return _Asked(some, every)


class KnownRights:
    """Which rules each account meets for ``user``. One statement reads them when they are first needed."""

    def __init__(self, user: User) -> None:
        self.user = user
        self._by_rule: dict[str, AccountQuerySet] = {}

    @property
    def asked(self) -> _Asked:
        return _asked(self.user.pk, self.user.role, self.user.is_active)

    @cached_property
    def accounts(self) -> list[tuple[Account, frozenset[str]]]:
        """All accounts in their usual order, each with the names of the rules that it meets."""
        asked, user = self.asked, self.user
        found = _PREPARED.rows(Account, (user.pk, user.role, user.is_active), self._query)
        return [(account, asked.every | _met(account, asked.some)) for account in found]

    def _query(self) -> AccountQuerySet:
        some = self.asked.some.items()
        meets = {f"meets_{name}": ExpressionWrapper(condition, BooleanField()) for name, condition in some}
        return Account.objects.annotate(**meets, rows_version=row_versions.of_account())

    def by(self, rule: Rule) -> AccountQuerySet:
        """Those that meet the rule, as if they had been read by this query. To build one takes its time."""
        if rule.__name__ not in self._by_rule:
            met = [account for account, rules in self.accounts if rule.__name__ in rules]
            names_all = rule.__name__ not in self.asked.every and len(met) <= MOST_IDS
            named = Q(pk__in=[account.pk for account in met])
            found = Account.objects.all()
            found._defer_next_filter = True  # type: ignore[attr-defined]  # few are asked for more than these
            found = found.filter(named if names_all else rule(self.user))
            found._result_cache = met
            self._by_rule[rule.__name__] = found
        return self._by_rule[rule.__name__]

    @cached_property
    def met(self) -> Hashable:
        """Equal while the rights are."""
        met = frozenset((account.pk, rules) for account, rules in self.accounts)
        return self.user.pk, self.user.role, self.user.is_active, met

    @cached_property
    def rows(self) -> Hashable | None:
        """Equal while the rights, and the rows in all accounts that meet a rule, are; None if unknown."""
        if self.rows_of_each is None:
            return None
        rows = frozenset((account.pk, told) for account, told in self.rows_of_each.items())
        return _first_of_equal((self.user.pk, self.user.role, self.user.is_active, rows))

    @cached_property
    def rows_of_each(self) -> dict[Account, Hashable] | None:
        """By account that meets a rule."""
        seen: Any = [(account, met) for account, met in self.accounts if met]
        if any(account.rows_version is None for account, _met in seen):
            return None
        return {one: (one.name, one.currency, one.rows_version, met) for one, met in seen}


@lru_cache(maxsize=500)
def _first_of_equal(told: Hashable) -> Hashable:
    """Two that are the same object are compared at once, and two of fifty accounts in 0.1 ms."""
    return told


def accounts(user: User, rule: Rule) -> AccountQuerySet:
    """Accounts that meet the rule. If the user's rights are known, they are not read again."""
    known: KnownRights | None = getattr(user, "known_rights", None)
    return known.by(rule) if known and rule in RULES else Account.objects.filter(rule(user))


def rights_if_known(user: User) -> Hashable | None:
    """All that a query of this module depends on, if the user's rights are known: equal for equal rights."""
    read: KnownRights | None = getattr(user, "known_rights", None)
    return read.met if read else None


def rows_if_known(user: User) -> Hashable | None:
    """Equal while nothing changed of the rows that belong to the user's accounts, and the rights are equal.

    None if the rights were not read, or changes of the rows cannot be noticed; see ``row_versions``.
    """
    read: KnownRights | None = getattr(user, "known_rights", None)
    return read.rows if read else None


def rows_of_each_if_known(user: User) -> dict[Account, Hashable] | None:
    """Of each account that meets a rule what is equal while its rows and the rights are; else as above."""
    read: KnownRights | None = getattr(user, "known_rights", None)
    return read.rows_of_each if read else None


def sees_most_accounts(user: User, seen: AccountQuerySet) -> bool:
    """Whether these are at least half of all accounts, as far as the user's rights were read."""
    read: KnownRights | None = getattr(user, "known_rights", None)
    return read is not None and len(seen) * 2 >= len(read.accounts)


def unseen_accounts(user: User) -> list[Account]:
    """Accounts of which the user may not know. If the user's rights are known, they are not read again."""
    rules = (to_view, with_invoices)
    if any(is_met_by_all(user, rule) for rule in rules):
        return []
    seen = {account.pk for rule in rules for account in accounts(user, rule)}
    known: KnownRights | None = getattr(user, "known_rights", None)
    every = [account for account, _met in known.accounts] if known else Account.objects.all()
    return [account for account in every if account.pk not in seen]


def rows(found: Rows, user: User, rule: Rule, column: str = "account") -> Rows:
    """Those of ``found`` whose account meets the rule."""
    return found.filter(among(user, rule, column))


def among(user: User, rule: Rule, column: str = "account") -> Q:
    """The rule as a condition on rows that have an account."""
    if is_met_by_all(user, rule):
        return EVERY_ACCOUNT
    return Q(**{f"{column}__in": in_statement(accounts(user, rule))})


@contextmanager
def known_rights(user: Any) -> Iterator[None]:
    """Inside the ``with`` block, each right of the user is read once."""
    user.known_rights = KnownRights(user)
    try:
        yield
    finally:
        del user.known_rights


def holds_key(user: User, keys: ApiKeyQuerySet) -> Q:
    return Q(Exists(keys.filter(owner=user, account=OuterRef("pk"))))


def is_private() -> Exists:
    return Exists(AccountPolicy.objects.private().filter(account=OuterRef("pk")))


def _holds_grant(user: User, level: str | None = None) -> Q:
    grants = Grant.objects.filter(user=user, account=OuterRef("pk"))
    return Q(Exists(grants.filter(level=level) if level else grants))


def is_met_by_all(user: User, rule: Rule) -> bool:
    """Whether the rule has no condition for this user. To know that, known rights build none."""
    known: KnownRights | None = getattr(user, "known_rights", None)
    return rule.__name__ in known.asked.every if known and rule in RULES else rule(user) == EVERY_ACCOUNT


def _met(account: Model, rules: Iterable[str]) -> set[str]:
    return {name for name in rules if getattr(account, f"meets_{name}")}
