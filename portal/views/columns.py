from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from portal import http
from portal.acts import columns as acts


@require_POST
def choose_columns(request: http.Request, listing: str) -> HttpResponse:
    """The columns that this person sees in a list. CSV files have all."""
    names = [] if "usual" in request.POST else request.POST.getlist("column")
    acts.choose(request.user, listing, names)
    return http.SeeOther(http.back(request, reverse("home")))
