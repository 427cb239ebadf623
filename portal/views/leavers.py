from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from portal import access, http
from portal.acts import people as acts
from portal.models import User
from portal.models.users import LastAdmin
from portal.sign_in.reauthentication import reauthenticated


@access.admin_only
@reauthenticated()
@http.require_safe_or_post
def leaver(request: http.Request, person_id: UUID) -> HttpResponse:
    """Freezing somebody who leaves, and afterwards what is left to do at Ultahost."""
    person = access.person_to_manage(request.user, person_id)
    if request.method == "POST":
        return _freeze(request, person)
    context = {
        "person": person,
        "keys": access.keys_to_manage(request.user).filter(owner=person),
        "accounts": access.accounts_without(person),
        "grants": access.grants_left_by(person),
        "invitations": access.invitations_left_by(person),
        "password_links": access.password_links_left_by(person),
        "share_links": access.share_links_left_by(request.user, person),
    }
    return http.page(request, "people/leaver.html", context)


def _freeze(request: http.Request, person: User) -> HttpResponse:
    try:
        keys = access.keys_to_manage(request.user).filter(owner=person, disabled_at=None)
        acts.deactivate(request.user, person, keys)
    except LastAdmin as reason:
        messages.error(request, str(reason))
        return http.SeeOther(reverse("person", args=[person.pk]))
    messages.success(
        request, _("%(name)s is frozen: no session, no sign-in, no key in use.") % {"name": person}
    )
    return http.SeeOther(reverse("home") if person == request.user else request.path)
