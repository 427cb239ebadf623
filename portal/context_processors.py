from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from portal import access
from portal.models import User
from portal.sign_in import second_factor
from ultahost_api.models.counting import counts


def frame(request: HttpRequest) -> dict[str, Any]:
    """Variables of the frame around every page. They are lazy: a partial without the rail runs no query."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return {}
    return {
        "attention": SimpleLazyObject(lambda: _attention(user)),
        "owes_second_factor": SimpleLazyObject(lambda: second_factor.is_owed(user)),
    }


def _attention(user: User) -> dict[str, int]:
    """For each noun of the menu, the number of rows that need attention, counted with one statement."""
    return counts(
        services=access.services_to_view(user).needing_attention(),
        invoices=access.invoices_to_view(user).overdue(),
        domains=access.domains_to_view(user).at_risk(),
        quotes=access.quotes_to_view(user).waiting(),
        keys=access.keys_to_manage(user).needing_attention(),
    )
