"""What an admin does first: a page, which Home shows as well until the admin has put it away."""

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from portal import access, http
from portal.acts import first_steps as acts
from portal.queries.first_steps import first_steps


@access.admin_only
@require_safe
def show(request: http.Request) -> HttpResponse:
    return http.page(request, "first_steps/page.html", {"steps": first_steps(request.user)})


@access.admin_only
@require_POST
def put_away(request: http.Request) -> HttpResponse:
    acts.put_away(request.user)
    return http.SeeOther(reverse("home"))


@access.admin_only
@require_POST
def bring_back(request: http.Request) -> HttpResponse:
    acts.bring_back(request.user)
    return http.SeeOther(reverse("home"))
