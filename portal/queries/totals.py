"""What the invoices that a user may view come to."""

from portal import access
from portal.models import User
from ultahost_api.models import Account
from ultahost_api.models.invoice_totals import CurrencyTotals


def of_invoices(user: User, account: Account | None = None) -> list[CurrencyTotals]:
    """Per currency, of one account or of all. Payments of other invoices and deposits are not in them."""
    return access.kept_figures(user, ("totals", account and account.pk), lambda: _added_up(user, account))


def _added_up(user: User, account: Account | None) -> list[CurrencyTotals]:
    invoices = access.invoices_to_view(user).that_cost()
    return (invoices.of([account]) if account else invoices).by_currency()
