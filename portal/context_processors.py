from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from portal.models import User
from portal.queries import attention
from portal.sign_in import second_factor


def frame(request: HttpRequest) -> dict[str, Any]:
    """Variables of the frame around every page. They are lazy: a partial without the rail runs no query."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return {}
    return {
        "attention": SimpleLazyObject(lambda: attention.counted(user)),
        "owes_second_factor": SimpleLazyObject(lambda: second_factor.is_owed(user)),
    }
