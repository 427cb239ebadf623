from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from portal.running import schema
from ultahost_api.models import Heartbeat


@login_not_required
@require_safe
def livez(request: HttpRequest) -> HttpResponse:
    """200 whenever this process can answer."""
    return HttpResponse("ok", content_type="text/plain")


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 if the database answers and has this version, else 503; the JSON also says if a worker runs.

    A missing worker does not change the status.
    """
    try:
        if not schema.is_ready():
            return JsonResponse({"database": "old"}, status=503)
        heard = Heartbeat.objects.is_heard()
    except (DatabaseError, InterfaceError):
        return JsonResponse({"database": "silent"}, status=503)
    return JsonResponse({"database": "ok", "worker": "ok" if heard else "silent"})
