from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_safe

from portal import access, http
from portal.acts import password_links
from portal.acts import people as acts
from portal.forms.people import RoleForm
from portal.models import Invitation, Switches, User
from portal.models.users import LastAdmin
from portal.pages.confirmation import Confirmation
from portal.sign_in import second_factor, sessions
from portal.sign_in.reauthentication import reauthenticated, reauthenticated_for, typed_before


@access.admin_only
@require_safe
def people(request: http.Request) -> HttpResponse:
    found = access.people_to_manage(request.user)
    context = {
        "people": found,
        "without_second_factor": set(second_factor.without(found).values_list("pk", flat=True)),
        "invitations": Invitation.objects.open().select_related("invited_by"),
        "sends_mail": bool(settings.EMAIL_URL),
        "required": Switches.current().second_factor,
    }
    return http.page(request, "people/list.html", context, partials=["people"])


@access.admin_only
@require_safe
def person(request: http.Request, person_id: UUID) -> HttpResponse:
    person = access.person_to_manage(request.user, person_id)
    context = {
        "person": person,
        "ways": second_factor.of(person),
        "keys": access.keys_to_manage(request.user).filter(owner=person),
        "grants": access.grants_held_by(person).select_related("user", "given_by"),
    }
    return http.page(request, "people/detail.html", context)


@access.admin_only
@reauthenticated_for("person", access.person_to_manage, gettext_lazy("Change the role of %(name)s"), "role")
def change_role(request: http.Request, person: User) -> HttpResponse:
    form = RoleForm(http.posted(request), initial={"role": person.role} | typed_before(request))
    if form.is_valid():
        try:
            acts.change_role(request.user, person, form.cleaned_data["role"])
        except LastAdmin as reason:
            form.add_error("role", str(reason))
        else:
            words = _("%(name)s now has the role %(role)s.")
            messages.success(request, words % {"name": person, "role": person.get_role_display()})
            still_admin = access.people_to_manage(User.objects.get(pk=request.user.pk)).exists()
            return http.SeeOther(_page(person) if still_admin else reverse("home"))
    return Confirmation(
        title=_("Change the role of %(name)s") % {"name": person},
        text=_(
            "Without the role of an admin, the open invitations and set-password links they made are revoked."
            " Share links and access they gave stay."
        )
        if person.is_admin
        else "",
        facts=_handed_out(request, person),
        form=form,
        verb=_("Change role"),
        back=_page(person),
    ).page(request)


@access.admin_only
@reauthenticated_for("person", access.person_to_manage, gettext_lazy("Deactivate %(name)s?"))
def deactivate(request: http.Request, person: User) -> HttpResponse:
    if request.method == "POST":
        try:
            acts.deactivate(request.user, person)
            messages.success(request, _("%(name)s can no longer sign in.") % {"name": person})
        except LastAdmin as reason:
            messages.error(request, str(reason))
        return http.SeeOther(_page(person))
    return Confirmation(
        title=_("Deactivate %(name)s?") % {"name": person},
        text=_(
            "Every session ends at once. Open invitations and set-password links they made are revoked."
            " API keys stay in use; share links and access they gave stay."
        ),
        facts=_handed_out(request, person),
        verb=_("Deactivate"),
        danger=True,
        back=_page(person),
    ).page(request)


@access.admin_only
@reauthenticated_for("person", access.person_to_manage, gettext_lazy("Reactivate %(name)s?"))
def reactivate(request: http.Request, person: User) -> HttpResponse:
    if request.method == "POST":
        acts.reactivate(request.user, person)
        messages.success(request, _("%(name)s can sign in again.") % {"name": person})
        return http.SeeOther(_page(person))
    return Confirmation(
        title=_("Reactivate %(name)s?") % {"name": person},
        text=_("%(name)s can sign in again, with the role and the access below.") % {"name": person},
        facts=[
            (_("Role"), person.get_role_display()),
            (_("Access"), ", ".join(str(grant.account) for grant in access.grants_held_by(person)) or "–"),
        ],
        verb=_("Reactivate"),
        back=_page(person),
    ).page(request)


@sensitive_variables()
@access.admin_only
@reauthenticated_for(
    "person", access.person_to_manage, gettext_lazy("Make a set-password link for %(name)s?")
)
def password_link(request: http.Request, person: User) -> HttpResponse:
    """Mails the link, or shows it once to the admin if it could not be mailed."""
    if not person.is_active:
        messages.error(request, _("%(name)s is deactivated.") % {"name": person})
        return http.SeeOther(_page(person))
    if request.method == "POST":
        link = password_links.make(person, request.user)
        if not password_links.mail(person, link):
            return http.page(request, "people/link.html", {"person": person, "link": link})
        words = _("A link to set a password was sent to %(email)s.")
        messages.success(request, words % {"email": person.email})
        return http.SeeOther(_page(person))
    return Confirmation(
        title=_("Make a set-password link for %(name)s?") % {"name": person},
        text=_("It works once, within 48 hours. An earlier link for %(name)s stops working.")
        % {"name": person},
        verb=_("Make the link"),
        back=_page(person),
    ).page(request)


@access.admin_only
@reauthenticated_for("person", access.person_to_manage, gettext_lazy("End all sessions of %(name)s?"))
def end_sessions(request: http.Request, person: User) -> HttpResponse:
    """Ends all sessions of the person; of oneself all but this one."""
    if request.method == "POST":
        acts.end_sessions(request.user, person)
        sessions.stay(request, person)
        messages.success(request, _("The sessions of %(name)s have ended.") % {"name": person})
        return http.SeeOther(_page(person))
    return Confirmation(
        title=_("End all sessions of %(name)s?") % {"name": person},
        text=_("Your other sessions end; this one stays.")
        if person == request.user
        else _("%(name)s has to sign in again in all browsers.") % {"name": person},
        verb=_("End all sessions"),
        danger=True,
        back=_page(person),
    ).page(request)


def _handed_out(request: http.Request, person: User) -> list[tuple[str, str]]:
    """Open invitations and links that the person made, as (label, names) pairs for the confirmation."""
    made = {
        _("Open invitations"): access.invitations_left_by(person),
        _("Open set-password links"): access.password_links_left_by(person),
        _("Share links"): access.share_links_left_by(request.user, person),
    }
    return [(label, ", ".join(map(str, found))) for label, found in made.items() if found]


def _page(person: User) -> str:
    return reverse("person", args=[person.pk])


@access.admin_only
@reauthenticated_for("person", access.person_to_manage, gettext_lazy("Offboard %(person)s"))
def leaver(request: http.Request, person: User) -> HttpResponse:
    """Suspends a person who leaves, and lists the remaining steps at Ultahost."""
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
        request,
        _("%(name)s is suspended: sessions ended, sign-in blocked, keys disabled.") % {"name": person},
    )
    return http.SeeOther(reverse("home") if person == request.user else request.path)


@access.admin_only
@reauthenticated(purpose=gettext_lazy("Two-factor sign-in for everyone"))
def require_second_factor(request: http.Request) -> HttpResponse:
    """Requiring it locks no person out: people without it set it up at their next request."""
    if request.method == "POST":
        acts.require_second_factor(request.user, request.POST.get("second_factor") == "on")
        messages.success(request, _("Takes effect immediately."))
        return http.SeeOther(reverse("people"))
    context = {
        "required": Switches.current().second_factor,
        "without": second_factor.without(access.people_to_manage(request.user).filter(is_active=True)),
    }
    return http.page(request, "people/second_factor.html", context)


@access.admin_only
@reauthenticated_for(
    "person", access.person_to_manage, gettext_lazy("Remove the two-factor sign-in of %(name)s?")
)
def remove_second_factor(request: http.Request, person: User) -> HttpResponse:
    """For a lost phone. The person then signs in with the password only, so they are mailed about it."""
    if request.method == "POST":
        second_factor.remove(request, person)
        messages.success(request, _("The two-factor sign-in of %(name)s was removed.") % {"name": person})
        return http.SeeOther(reverse("person", args=[person.pk]))
    return Confirmation(
        title=_("Remove the two-factor sign-in of %(name)s?") % {"name": person},
        text=_("Deletes the app, passkeys and recovery codes, and ends all sessions."),
        warning=_(
            "Until they set it up again, they sign in with the password only. Make sure the request really"
            " came from them."
        ),
        verb=_("Remove it"),
        back=reverse("person", args=[person.pk]),
        danger=True,
    ).page(request)
