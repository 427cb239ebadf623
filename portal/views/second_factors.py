"""Other people's second factors, which an admin can ask for and take away."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from portal import access, http
from portal.acts import people as acts
from portal.models import Switches
from portal.pages.confirmation import Confirmation
from portal.sign_in import second_factor
from portal.sign_in.reauthentication import reauthenticated


@access.admin_only
@reauthenticated()
@http.require_safe_or_post
def require_second_factor(request: http.Request) -> HttpResponse:
    """Turning it on locks nobody out: whoever has none sets one up at their next request."""
    if request.method == "POST":
        acts.require_second_factor(request.user, request.POST.get("second_factor") == "on")
        messages.success(request, _("It holds from everybody's next click on."))
        return http.SeeOther(reverse("people"))
    context = {
        "required": Switches.current().second_factor,
        "without": second_factor.without(access.people_to_manage(request.user).filter(is_active=True)),
    }
    return http.page(request, "people/second_factor.html", context)


@access.admin_only
@reauthenticated()
@http.require_safe_or_post
def remove_second_factor(request: http.Request, person_id: UUID) -> HttpResponse:
    """For a phone that was lost: the password alone then opens the portal, so it is told by mail."""
    person = access.person_to_manage(request.user, person_id)
    if request.method == "POST":
        second_factor.remove(request, person)
        messages.success(request, _("%(name)s has no second factor any more.") % {"name": person})
        return http.SeeOther(reverse("person", args=[person.pk]))
    return Confirmation(
        title=_("Remove the second factor of %(name)s?") % {"name": person},
        text=_("App, passkeys and recovery codes all go, and every session ends."),
        warning=_("Until there is a new one, the password alone opens the portal. Be sure who asked you."),
        verb=_("Remove it"),
        back=reverse("person", args=[person.pk]),
        danger=True,
    ).page(request)
