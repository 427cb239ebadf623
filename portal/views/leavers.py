from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from portal import access, audit, http
from portal.confirming import ask_first
from portal.models import Act, User
from portal.models.users import LastAdmin
from ultahost_api import keys as vault


@access.admin_only
@require_http_methods(["GET", "HEAD", "POST"])
def leaver(request: http.Request, person_id: UUID) -> HttpResponse:
    """Freezing somebody who leaves, and afterwards what is left to do at Ultahost."""
    person = access.person_to_manage(request.user, person_id)
    if way := ask_first(request):
        return way
    if request.method == "POST":
        return _freeze(request, person)
    context = {
        "person": person,
        "keys": access.keys_to_manage(request.user).filter(owner=person),
        "accounts": access.accounts_without(person),
        "grants": access.grants_left_by(person),
    }
    return http.page(request, "people/leaver.html", context)


def _freeze(request: http.Request, person: User) -> HttpResponse:
    try:
        with transaction.atomic():
            person.deactivate()
            keys = list(access.keys_to_manage(request.user).filter(owner=person, disabled_at=None))
            for key in keys:
                vault.disable(key)
            for key in keys:  # afterwards: whoever writes into the log must not wait for a key any more
                audit.record(request, Act.KEY_DISABLED, key, account=key.account)
            audit.record(request, Act.PERSON_DEACTIVATED, person)
    except LastAdmin:
        messages.error(
            request, _("%(name)s is the last admin: make somebody else one first.") % {"name": person}
        )
        return http.SeeOther(reverse("person", args=[person.pk]))
    messages.success(
        request, _("%(name)s is frozen: no session, no sign-in, no key in use.") % {"name": person}
    )
    return http.SeeOther(reverse("home") if person == request.user else request.path)
