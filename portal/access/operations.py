"""Operations: visible to the person who sent them, to admins, and to people with rights to the account."""

from uuid import UUID

from django.shortcuts import get_object_or_404

from portal.access.accounts import account_among, accounts_to_operate, accounts_to_pay, accounts_to_view
from portal.models import User
from ultahost_api.models import Operation
from ultahost_api.models.accounts import AccountQuerySet
from ultahost_api.models.cached import Cached
from ultahost_api.models.operations import OperationQuerySet


def operations_to_view(user: User) -> OperationQuerySet:
    """A person's own operations; for an admin those of all people."""
    operations = Operation.objects.select_related("user", "account", "key", "settled_by", "withdrawn_by")
    return operations if user.is_admin else operations.filter(user=user)


def operation_to_view(user: User, operation_id: UUID) -> Operation:
    return get_object_or_404(operations_to_view(user), pk=operation_id)


def may_still_send(operation: Operation) -> bool:
    """Whether the sender of a queued operation still has the right to send it now."""
    sender = User.objects.get(pk=operation.user_id)
    if not sender.is_active:
        return False
    accounts = accounts_to_pay(sender) if operation.action == "pay_invoice" else accounts_to_operate(sender)
    return accounts.filter(pk=operation.account_id).exists()


def operations_together(user: User, batch: UUID) -> OperationQuerySet:
    """Those that were confirmed together, in the order in which they are sent."""
    return operations_to_view(user).filter(batch=batch).order_by("place")


def operations_about(user: User, row: Cached) -> OperationQuerySet:
    """Operations on a row, for users who may view or pay for its account. Other users see only their own."""
    operations = Operation.objects.about(row).select_related("user")
    rules = accounts_to_view, accounts_to_pay
    is_involved = any(accounts(user).contains(row.account) for accounts in rules)
    return operations if is_involved else operations.filter(user=user)


def operation_to_settle(user: User, operation_id: UUID) -> Operation:
    """The operation, if the user may still view or pay for its account: settling it changes our copy."""
    operation = operation_to_view(user, operation_id)
    account_among(_accounts_to_settle(user), operation.account_id)
    return operation


def operations_to_settle(user: User, batch: UUID) -> OperationQuerySet:
    """Those of a batch that the user may settle, as ``operation_to_settle``."""
    accounts = _accounts_to_settle(user).order_by().values("pk")
    return operations_together(user, batch).filter(account__in=accounts)


def _accounts_to_settle(user: User) -> AccountQuerySet:
    return accounts_to_view(user) | accounts_to_pay(user)
