"""The statuses of invoices: those that Ultahost tells, and those that are derived from them."""

from datetime import date
from functools import reduce
from operator import or_

from django.db.models import Q

from ultahost_api import conf
from ultahost_api.models import sorting  # noqa: F401 - the lookup
from ultahost_api.models.operations import Operation

OPEN = ("Unpaid", "Payment Pending", "Collections")
PAYMENT_SENT, PAYMENT_UNKNOWN = "Payment being sent", "Payment unknown"  # by an operation
CREDIT, OVERDUE = "Credit", "Overdue"  # also derived
# An index holds these few invoices. Ultahost may write a word of ours as well.
MAY_BE_OPEN = Q(status__one_of=(*OPEN, CREDIT, OVERDUE, PAYMENT_SENT, PAYMENT_UNKNOWN))
IS_OPEN = MAY_BE_OPEN & Q(status__one_of=OPEN)
ASKED_FOR = "Open"  # a group of statuses
NOT_SPENT = ("Draft", "Cancelled")
PAYABLE = "Unpaid"  # of those: the others are being paid already, or are in collection

# Nothing at or below zero is asked for. A total that could not be read may be.
_ASKED_FOR = Q(total__gt=0) | Q(total=None)
OPEN_INVOICE = IS_OPEN & _ASKED_FOR
IS_CREDIT = IS_OPEN & Q(total__lt=0)


def is_overdue(today: date) -> Q:
    """Derived: the provider stores no such status."""
    return Q(status="Unpaid", due_date__lt=today) & _ASKED_FOR


def derived() -> list[tuple[str, Q]]:
    """The statuses that are derived. The first whose condition holds is shown."""
    payments: dict[str, list[Q]] = {}
    open_payments = Operation.objects.pending().filter(action="pay_invoice")
    for account, remote_id, state in open_payments.values_list("account", "remote_id", "state"):
        status = payment_status(state)
        payments.setdefault(status, []).append(Q(account=account, remote_id=remote_id))
    paying = [(word, Q(status=PAYABLE) & reduce(or_, named)) for word, named in payments.items()]
    return [*paying, (CREDIT, IS_CREDIT), (OVERDUE, is_overdue(conf.today()))]


def payment_status(state: str) -> str:
    return PAYMENT_UNKNOWN if state == Operation.State.UNKNOWN else PAYMENT_SENT
