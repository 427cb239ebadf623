"""Decorators for pages that only some people may open; for others the page is a 404."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase

View = Callable[..., HttpResponseBase]


def admin_only(view: View) -> View:
    return _guarded(view, lambda user: user.is_admin)


def key_holders_only(view: View) -> View:
    return _guarded(view, lambda user: user.may_hold_keys)


def _guarded(view: View, allowed: Callable[[Any], bool]) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not allowed(request.user):
            raise Http404
        return view(request, *args, **kwargs)

    return guarded
