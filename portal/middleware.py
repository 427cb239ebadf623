from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from portal import access, http
from portal.running.web import proxies
from portal.running.web.busy import RETRY_AFTER
from portal.running.web.limits import LARGEST_BODY
from portal.sign_in import devices, hashing, reauthentication, second_factor, sessions, stale_forms
from portal.views import health
from portal.wording import preferences
from portal.wording.links import href
from ultahost_api.models.locks import waiting_at_most

GetResponse = Callable[[HttpRequest], HttpResponse]

# The portal uses no devices. Naming them denies them to injected content.
_NO_DEVICES = ", ".join(
    f"{feature}=()"
    for feature in ("camera", "display-capture", "geolocation", "microphone", "payment", "usb")
)


_LOOKING_WAITS = 3  # seconds
_SILENT = messages.ERROR + 1


class Middleware:
    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)


class SecurityHeaders(Middleware):
    """Permissions-Policy on everything; pages behind the sign-in stay out of shared caches."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.setdefault("Permissions-Policy", _NO_DEVICES)
        if not request.path.startswith("/static/"):
            response.setdefault("Cache-Control", "private, no-store")
        return response


class Health(Middleware):
    """Answers before a session is read, because that needs the database, whose failure it reports."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        view = {href("livez"): health.livez, href("readyz"): health.readyz}.get(request.path)
        if view is None:
            return self.get_response(request)
        response = view(request)
        # CommonMiddleware, which is not asked, would tell it: without it the connection is closed.
        response["Content-Length"] = str(len(response.content))
        return response


class ShortWaits(Middleware):
    """A page that reads waits 3 s for another writer. A change waits 20 s, so that it is not lost."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in {"GET", "HEAD"}:
            return self.get_response(request)
        with waiting_at_most(_LOOKING_WAITS):
            return self.get_response(request)


class Limits(Middleware):
    """Refuses a body before any of it is read, and says so when too many people sign in at once.

    Nothing is ever uploaded here. A body of a length that is not told (chunked) is sent by no browser.
    """

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "HTTP_TRANSFER_ENCODING" in request.META:
            return render(request, "413.html", status=HTTPStatus.LENGTH_REQUIRED)
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length) > LARGEST_BODY:
            return render(request, "413.html", status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, hashing.Busy):
            return None
        response = render(request, "busy.html", status=HTTPStatus.SERVICE_UNAVAILABLE)
        response["Retry-After"] = str(RETRY_AFTER)
        return response


class ProxyChecks(Middleware):
    """If the proxy is set up incorrectly, a page names the setting, and the log does so once."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        mistake = proxies.mistake(request)
        if mistake is None:
            return self.get_response(request)
        proxies.log_once(mistake)
        context = {"mistake": mistake.name, "portal_url": settings.PORTAL_URL}
        return render(request, "proxy.html", context, status=HTTPStatus.BAD_REQUEST)


class SignInRequired(LoginRequiredMiddleware):
    """Redirects to the sign-in; for a region that refreshes itself, in the whole window."""

    def handle_no_permission(  # type: ignore[override]  # htmx's redirect has another base
        self, request: HttpRequest, view_func: Any
    ) -> HttpResponseBase:
        if request.method == "POST":
            return stale_forms.sign_in_first(request)
        if not getattr(request, "htmx", None):
            return super().handle_no_permission(request, view_func)
        query = urlencode({self.get_redirect_field_name(view_func): http.window(request)})
        return http.leave(request, f"{reverse('account_login')}?{query}")


class SessionLimits(Middleware):
    """Ends sessions that are too old, and prolongs those in use."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            sessions.keep(request, somebody_is_there=not http.is_automatic(request))
        return self.get_response(request)


class RightsOnce(Middleware):
    """Reads the user's rights once in a request that changes nothing. A change reads each right anew.

    The rights belong to the request's own user object, so the next request reads them again.
    """

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in {"GET", "HEAD"} or not request.user.is_authenticated:
            return self.get_response(request)
        with access.known_rights(request.user):
            return self.get_response(request)


class Preferences(Middleware):
    """Times and words as each person wants them.

    Activated, not overridden: a CSV is written after the response has left here.
    """

    def __call__(self, request: HttpRequest) -> HttpResponse:
        timezone.deactivate()
        if request.user.is_authenticated:
            preferences.activate(request.user)
        return self.get_response(request)


class KnownDevices(Middleware):
    """Gives a browser a cookie at the sign-in, so that the next sign-in with it sends no mail."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        devices.remember(request, response)
        return response


class Questions(Middleware):
    """Answers a script that asks whether an act needs the password first: most acts do not.

    Only views that ask by themselves are called, because others would do what was only asked about.
    """

    def process_view(self, request: HttpRequest, view: Any, *_: Any) -> HttpResponseBase | None:
        if not http.is_question(request):
            return None
        if not reauthentication.answers_a_question(request, view):
            return HttpResponse(status=HTTPStatus.NO_CONTENT)
        messages.set_level(request, _SILENT)  # what the view has to say it says when the act is sent
        return None


class LateForms(Middleware):
    """Shows a form again that was sent after its session ended, once its person has signed in."""

    def process_view(self, request: HttpRequest, *_: Any) -> HttpResponseBase | None:
        return stale_forms.sent_too_late(request) if request.user.is_authenticated else None


class SecondFactorRequired(Middleware):
    """If the team requires two-factor sign-in, people without it can only set it up."""

    def process_view(self, request: HttpRequest, *_: Any) -> HttpResponseBase | None:
        if not request.user.is_authenticated or request.path.startswith(reverse("account_login")):
            return None
        return http.leave(request, reverse("mfa_index")) if second_factor.is_owed(request.user) else None
