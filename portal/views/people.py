from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from portal import access, audit, http, password_links, second_factor, sessions
from portal.forms.people import RoleForm
from portal.models import Act, Invitation, Switches, User
from portal.models.users import LastAdmin


@access.admin_only
@require_safe
def people(request: http.Request) -> HttpResponse:
    found = access.people_to_manage(request.user)
    context = {
        "people": found,
        "without_second_factor": set(second_factor.without(found).values_list("pk", flat=True)),
        "invitations": Invitation.objects.open(),
        "required": Switches.current().second_factor,
    }
    return http.page(request, "people/list.html", context, partials=["people"])


@access.admin_only
@require_safe
def person(request: http.Request, person_id: UUID) -> HttpResponse:
    return _page(request, access.person_to_manage(request.user, person_id))


@access.admin_only
@require_POST
def change_role(request: http.Request, person_id: UUID) -> HttpResponse:
    person = access.person_to_manage(request.user, person_id)
    form, before = RoleForm(request.POST), person.role
    if not form.is_valid():
        return _page(request, person, form, status=422)
    try:
        person.change_role(form.cleaned_data["role"])
    except LastAdmin:
        form.add_error(
            "role", _("%(name)s is the last admin: make somebody else one first.") % {"name": person}
        )
        return _page(request, person, form, status=422)
    audit.record(request, Act.ROLE_CHANGED, person, before=before, role=person.role)
    messages.success(
        request, _("%(name)s is now %(role)s.") % {"name": person, "role": person.get_role_display()}
    )
    still_admin = access.people_to_manage(User.objects.get(pk=request.user.pk)).exists()
    return http.SeeOther(reverse("person", args=[person.pk]) if still_admin else reverse("home"))


@access.admin_only
@require_POST
def deactivate(request: http.Request, person_id: UUID) -> HttpResponse:
    person = access.person_to_manage(request.user, person_id)
    try:
        person.deactivate()
        audit.record(request, Act.PERSON_DEACTIVATED, person)
        messages.success(request, _("%(name)s can no longer sign in.") % {"name": person})
    except LastAdmin:
        messages.error(
            request, _("%(name)s is the last admin: make somebody else one first.") % {"name": person}
        )
    return http.SeeOther(reverse("person", args=[person.pk]))


@access.admin_only
@require_POST
def reactivate(request: http.Request, person_id: UUID) -> HttpResponse:
    person = access.person_to_manage(request.user, person_id)
    person.reactivate()
    audit.record(request, Act.PERSON_REACTIVATED, person)
    messages.success(request, _("%(name)s can sign in again.") % {"name": person})
    return http.SeeOther(reverse("person", args=[person.pk]))


@access.admin_only
@require_POST
def password_link(request: http.Request, person_id: UUID) -> HttpResponse:
    person = access.person_to_manage(request.user, person_id)
    if not person.is_active:
        messages.error(request, _("%(name)s is deactivated.") % {"name": person})
        return http.SeeOther(reverse("person", args=[person.pk]))
    return _show_link(request, person)


@access.admin_only
@require_POST
def end_sessions(request: http.Request, person_id: UUID) -> HttpResponse:
    """One's own but this one; somebody else's all."""
    person = access.person_to_manage(request.user, person_id)
    sessions.end_others(request, person)
    audit.record(request, Act.SESSIONS_ENDED, person)
    messages.success(request, _("The sessions of %(name)s have ended.") % {"name": person})
    return http.SeeOther(reverse("person", args=[person.pk]))


def _show_link(request: http.Request, person: User) -> HttpResponse:
    """Mailed where mail is set; else shown this once, for the admin to hand over."""
    audit.record(request, Act.PASSWORD_LINK_MADE, person)
    if password_links.mail(person):
        messages.success(
            request, _("A link to set a password was sent to %(email)s.") % {"email": person.email}
        )
        return http.SeeOther(reverse("person", args=[person.pk]))
    return http.page(request, "people/link.html", {"person": person, "link": password_links.make(person)})


def _page(
    request: http.Request, person: User, form: RoleForm | None = None, status: int = 200
) -> HttpResponse:
    context = {
        "person": person,
        "form": form or RoleForm(initial={"role": person.role}),
        "ways": second_factor.of(person),
        "keys": access.keys_to_manage(request.user).filter(owner=person),
    }
    return http.page(request, "people/detail.html", context, status=status)
