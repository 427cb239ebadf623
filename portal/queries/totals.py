"""What the invoices that a user may view come to."""

from uuid import UUID

from portal import access
from portal.access.figures import Narrow
from portal.models import User
from ultahost_api.models import Account
from ultahost_api.models.invoice_totals import CurrencyTotals, States, add_states


def of_invoices(user: User, account: Account | None = None) -> list[CurrencyTotals]:
    """Per currency, of one account or of all. Payments of other invoices and deposits are not in them."""
    key = "totals", account and account.pk
    return access.kept_by_account(user, key, lambda narrow: _told(user, account, narrow), add_states)


def _told(user: User, account: Account | None, narrow: Narrow) -> dict[UUID, States]:
    invoices = access.invoices_to_view(user).that_cost()
    return narrow(invoices.of([account]) if account else invoices).states_by_account()
