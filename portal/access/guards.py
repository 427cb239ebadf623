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


def found(name: str, find: Callable[[Any, Any], object]) -> Callable[[View], View]:
    """Replaces the URL argument ``<name>_id`` by the object that ``find(user, id)`` returns.

    It stands above ``reauthenticated``: without the right the answer is 404, and no password is asked for.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def given(request: HttpRequest, **parts: Any) -> HttpResponseBase:
            parts[name] = find(request.user, parts.pop(f"{name}_id"))
            return view(request, **parts)

        return given

    return decorate


def _guarded(view: View, allowed: Callable[[Any], bool]) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not allowed(request.user):
            raise Http404
        return view(request, *args, **kwargs)

    return guarded
