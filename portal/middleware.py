from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

# Nothing the portal shows needs a device; naming them denies them to whatever might slip in.
_NO_DEVICES = ", ".join(
    f"{feature}=()"
    for feature in ("camera", "display-capture", "geolocation", "microphone", "payment", "usb")
)


class SecurityHeaders:
    """Permissions-Policy on everything; pages behind the sign-in stay out of shared caches."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.setdefault("Permissions-Policy", _NO_DEVICES)
        if not request.path.startswith("/static/"):
            response.setdefault("Cache-Control", "private, no-store")
        return response
