"""Pages that are there for some people alone."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase

View = Callable[..., HttpResponseBase]


def admin_only(view: View) -> View:
    return _only_when(lambda user: user.is_admin)(view)


def key_holders_only(view: View) -> View:
    return _only_when(lambda user: user.may_hold_keys)(view)


def _only_when(allowed: Callable[[Any], bool]) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not allowed(request.user):
                raise Http404
            return view(request, *args, **kwargs)

        return guarded

    return decorate
