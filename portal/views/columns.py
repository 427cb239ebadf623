from django.http import Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from portal import http
from portal.acts import columns as acts
from portal.forms.saved_views import LISTS


@require_POST
def choose_columns(request: http.Request, listing: str) -> HttpResponse:
    """The columns that this person sees in a list. CSV files have all."""
    if listing not in LISTS:
        raise Http404
    names = [] if "usual" in request.POST else request.POST.getlist("column")
    acts.choose(request.user, listing, names)
    return http.SeeOther(http.back(request, reverse("home")))
