"""The only module that knows htmx: page or partial, redirects, events."""

from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlsplit

from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event
from django_htmx.middleware import HtmxDetails

from portal.models import User

_VARY = ("HX-Request", "HX-Target", "HX-History-Restore-Request")
_AGAIN = "again"  # the id of the part of the frame where a page asks who the person is

require_safe_or_post = require_http_methods(["GET", "HEAD", "POST"])


class Request(HttpRequest):
    """A signed-in user's request, as every view but the sign-in gets it."""

    user: User
    htmx: HtmxDetails


class SeeOther(HttpResponseRedirect):
    """303: after a form was taken, look there with a GET."""

    status_code = 303


def page(
    request: Request,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    partials: Collection[str] | Mapping[str, str] = (),
    status: int = 200,
) -> HttpResponse:
    """The whole page, or that of ``partials`` whose name is the id of the element htmx will replace.

    A mapping of such ids gives each partial another name. A restored history entry and an unknown target get
    the whole page.
    """
    target = str(request.htmx.target) if request.htmx and not request.htmx.history_restore_request else ""
    names = partials if isinstance(partials, Mapping) else {name: name for name in partials}
    name = f"{template}#{names[target]}" if target in names else template
    response = render(request, name, dict(context or {}), status=status)
    patch_vary_headers(response, _VARY)
    return response


def posted(request: HttpRequest) -> QueryDict | None:
    """The data of a form that was sent, be it empty; None for its page."""
    return request.POST if request.method == "POST" else None


def form_page(
    request: Request, template: str, form: BaseForm, context: Mapping[str, Any] | None = None, **how: Any
) -> HttpResponse:
    """The page of a form: one that was sent comes back with what is wrong in it."""
    return page(
        request, template, {"form": form, **(context or {})}, status=422 if form.is_bound else 200, **how
    )


def is_partial(request: Request, name: str) -> bool:
    return bool(request.htmx) and request.htmx.target == name and not request.htmx.history_restore_request


def is_automatic(request: HttpRequest) -> bool:
    """Whether a region of the page sent the request by itself, so that it is no sign of a person."""
    htmx = getattr(request, "htmx", None)
    return bool(htmx and request.method == "GET" and not htmx.boosted)


def is_question(request: HttpRequest) -> bool:
    """Whether a script only asks if this act needs the password first. Nothing may be done then."""
    return "Ask-First" in request.headers


def is_over_page(request: HttpRequest) -> bool:
    """Whether a page that asks who the person is opens in a dialog over another one."""
    htmx = getattr(request, "htmx", None)
    return is_question(request) or bool(htmx and htmx.target == _AGAIN)


def over_page(response: HttpResponse) -> HttpResponse:
    """Tells the script that this is the part for the dialog."""
    response["Over-Page"] = "yes"
    patch_vary_headers(response, ("Ask-First", *_VARY))
    return response


def leave(request: HttpRequest, url: str) -> HttpResponse:
    """Redirect the whole window, also if a region of it sent the request."""
    return HttpResponseClientRedirect(url) if getattr(request, "htmx", None) else SeeOther(url)


def window(request: HttpRequest) -> str:
    """The address of the page in the window, which differs from the address that a region requests."""
    htmx = getattr(request, "htmx", None)
    return (htmx and htmx.current_url_abs_path) or request.get_full_path()


def announce(response: HttpResponse, event: str) -> HttpResponse:
    """Send an event to the page; regions that listen to it refresh themselves."""
    return trigger_client_event(response, event)


def query_before(request: HttpRequest, path: str) -> str:
    """The query string of the page that led here, if ``path`` is its; empty if the browser does not say."""
    try:
        before = urlsplit(request.headers.get("Referer", ""))
    except ValueError:
        return ""
    return before.query if before.netloc == request.get_host() and before.path == path else ""


def back(request: HttpRequest, default: str) -> str:
    """The page from which the form was sent, if it is a page of the portal."""
    wanted = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if ours else default
