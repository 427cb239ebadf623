"""The rows that the numbers in the menu count."""

from typing import Any

from django.db.models import QuerySet

from portal import access
from portal.models import User


def rows_of(user: User) -> dict[str, QuerySet[Any]]:
    """For each noun of the menu that has any."""
    return {
        "services": access.services_to_view(user).needing_attention(),
        "invoices": access.invoices_to_view(user).overdue(),
        "domains": access.domains_to_view(user).at_risk(),
        "quotes": access.quotes_to_view(user).waiting(),
        "keys": access.keys_to_manage(user).needing_attention(),
    }
