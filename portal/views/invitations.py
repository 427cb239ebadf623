"""Inviting people, and accepting it."""

from typing import cast

from allauth.account.utils import perform_login
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_safe

from portal import access, http
from portal.acts import invitations
from portal.forms.people import AcceptForm, InviteForm
from portal.models import Invitation, User
from portal.pages import marks
from portal.pages.confirmation import Confirmation
from portal.sign_in import reauthentication
from portal.sign_in.reauthentication import reauthenticated, reauthenticated_for, typed_before

_OPENED = "invitation"  # in the session: the hash of the secret, not the secret


@access.admin_only
@reauthenticated("name", "email", "role", purpose=gettext_lazy("Invite a person"))
def invite(request: http.Request) -> HttpResponse:
    form = InviteForm(http.posted(request), initial=typed_before(request))
    if form.is_valid():
        return _send(request, form.save(commit=False))
    return http.form_page(request, "invitations/invite.html", form)


@access.admin_only
@reauthenticated_for("invitation", access.invitation_to_manage, gettext_lazy("Make a new link for %(name)s"))
def resend_invitation(request: http.Request, invitation: Invitation) -> HttpResponse:
    if request.method == "POST":
        return _send(request, invitation)
    sends = bool(settings.EMAIL_URL)
    title = _("Send the invitation of %(name)s again?") if sends else _("Make a new link for %(name)s?")
    return Confirmation(
        title=title % {"name": invitation},
        facts=_facts(invitation),
        text=_("The new link works once, within 48 hours. The previous link stops working."),
        verb=_("Send again") if sends else _("Make the link"),
        back=reverse("people"),
    ).page(request)


@access.admin_only
@reauthenticated_for(
    "invitation", access.invitation_to_manage, gettext_lazy("Revoke the invitation of %(name)s?")
)
def revoke_invitation(request: http.Request, invitation: Invitation) -> HttpResponse:
    if request.method == "POST":
        invitations.revoke(invitation, request.user)
        messages.success(request, _("The invitation of %(name)s is revoked.") % {"name": invitation})
        return http.SeeOther(reverse("people"))
    return Confirmation(
        title=_("Revoke the invitation of %(name)s?") % {"name": invitation},
        facts=_facts(invitation),
        text=_("The link stops working immediately."),
        verb=_("Revoke"),
        danger=True,
        back=reverse("people"),
    ).page(request)


@sensitive_variables()
@login_not_required
@require_safe
def open_invitation(request: http.Request, secret: str) -> HttpResponse:
    """Moves the secret out of the address. Opening does not use up the link: mail scanners open it too.

    Never answers with an error, which would be logged with the address. A guess gets no session.
    """
    if invitation := invitations.find(secret):
        request.session[_OPENED] = invitation.hash
    else:
        request.session.pop(_OPENED, None)
    return http.SeeOther(reverse("accept_invitation"))


@sensitive_variables()
@sensitive_post_parameters("password")
@login_not_required
@http.require_safe_or_post
def accept_invitation(request: http.Request) -> HttpResponse:
    invitation = invitations.opened(request.session.get(_OPENED, ""))
    if invitation is None:
        return http.page(request, "invitations/gone.html", status=404)
    form = AcceptForm(http.posted(request), invitation=invitation)
    if form.is_valid() and (person := _accept(form)):
        response = perform_login(request, person, email_verification="none", redirect_url=reverse("home"))
        reauthentication.count_sign_in(request)
        return cast(HttpResponse, response)
    return http.form_page(request, "invitations/accept.html", form, {"invitation": invitation})


@sensitive_variables()
def _accept(form: AcceptForm) -> User | None:
    """Returns None, with the reason on the form, if it is not possible."""
    name, password = form.cleaned_data["name"], form.cleaned_data["password"]
    try:
        return invitations.accept(form.invitation, name=name, password=password)
    except invitations.NoLongerValid:
        form.add_error(None, _("This invitation no longer works. Ask for a new one, or sign in."))
        return None


def _facts(invitation: Invitation) -> list[tuple[object, object]]:
    return [
        (_("E-mail address"), invitation.email),
        (_("Role"), invitation.get_role_display()),
        (_("Invited by"), invitation.invited_by),
    ]


@sensitive_variables()
def _send(request: http.Request, invitation: Invitation) -> HttpResponse:
    """Mails the link, or shows it once to the admin if it could not be mailed."""
    link = invitations.send(invitation, request.user)
    if invitations.mail(invitation, link):
        again = reverse("resend_invitation", args=[invitation.pk])
        words = _("An invitation was sent to %(email)s.")
        marks.done(request, words % {"email": invitation.email}, again)
        return http.SeeOther(reverse("people"))
    return http.page(request, "invitations/link.html", {"invitation": invitation, "link": link})
