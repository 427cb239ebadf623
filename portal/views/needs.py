"""What a person notes about an entry of "What needs you", on Home."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from portal import http
from portal.acts import needs as acts
from portal.forms.needs import PutOffForm
from portal.queries import needs
from portal.wording import formats


@require_POST
def take_need(request: http.Request, kind: str, subject: UUID, switch: str) -> HttpResponse:
    """The person does it (``on``), or no longer does it (``off``)."""
    if switch not in {"on", "off"} or not needs.has(request.user, kind, subject):
        raise Http404
    (acts.take if switch == "on" else acts.release)(request.user, kind, subject)
    return http.SeeOther(http.back(request, reverse("home")))


@require_POST
def put_off_need(request: http.Request, kind: str, subject: UUID) -> HttpResponse:
    """The person does not want to see it before a day; without a day they see it again."""
    if not needs.has(request.user, kind, subject):
        raise Http404
    form = PutOffForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(map(str, form.errors.get("until", []))))
    elif until := form.cleaned_data["until"]:
        acts.put_off(request.user, kind, subject, until)
        messages.success(request, _("You see it again on %(day)s.") % {"day": formats.day(until)})
    else:
        acts.bring_back(request.user, kind, subject)
    return http.SeeOther(http.back(request, reverse("home")))
