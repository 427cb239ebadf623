from django.db import transaction

from portal import audit
from portal.models import Act, User
from ultahost_api import operations
from ultahost_api.models import Operation


@transaction.atomic
def decide(by: User, operation: Operation, *, took_effect: bool) -> bool:
    """Store the result that a person saw at Ultahost. Does nothing if the result was known before: False."""
    decided = operations.decide(operation, by, took_effect=took_effect)
    if decided:
        account = operation.account
        audit.record(by, Act.OPERATION_DECIDED, operation, account=account, happened=took_effect)
    return decided


@transaction.atomic
def withdraw(by: User, cancellation: Operation) -> None:
    """Mark a cancellation that was withdrawn at Ultahost. Does nothing if it is already marked."""
    if operations.withdraw(cancellation, by):
        audit.record(by, Act.OPERATION_WITHDRAWN, cancellation, account=cancellation.account)
