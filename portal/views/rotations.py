from functools import partial
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST

from portal import access, http
from portal.acts import keys as acts
from portal.forms.keys import KeyForm
from portal.pages.confirmation import Confirmation
from portal.sign_in.reauthentication import reauthenticated_for
from portal.views.keys import try_key
from ultahost_api.keys import KeyProblem, rotation
from ultahost_api.models import ApiKey
from ultahost_api.models.api_keys import SNOOZE

_PROBLEMS: dict[type[KeyProblem], str | Promise] = {
    rotation.RotationIsOver: gettext_lazy("This rotation has already been finished or undone."),
    rotation.NewKeyStopped: gettext_lazy(
        "The new key is not in use, so the old one stays. Fix the new key, or undo."
    ),
    rotation.StillSending: gettext_lazy(
        "A request is being sent or queued with the old key. Nothing was changed; try again in a few minutes."
    ),
}


@sensitive_variables()
@sensitive_post_parameters("secret")
@access.key_holders_only
@reauthenticated_for("key", access.key_to_manage, gettext_lazy("Rotate “%(label)s”"))
def rotate_key(request: http.Request, key: ApiKey) -> HttpResponse:
    """Shows the form for the new key; while both keys are active, the remaining steps."""
    if key.is_rotated:
        return http.page(request, "keys/rotation.html", _pair(key))
    if not key.is_usable:
        return http.SeeOther(reverse("replace_key", args=[key.pk]))
    form = KeyForm(http.posted(request))
    act = partial(acts.begin_rotation, request.user, key)
    if new := try_key(request, form, act):
        messages.success(request, _("The new key …%(last)s is in use.") % {"last": new.last_four})
        return http.SeeOther(_guide(new))
    return http.form_page(request, "keys/rotate.html", form, {"key": key})


@access.key_holders_only
@require_POST
@reauthenticated_for(
    "key",
    access.key_to_manage,
    gettext_lazy("Finish the rotation of “%(label)s”"),
    there=lambda request, key: _guide(key),
)
def finish_rotation(request: http.Request, key: ApiKey) -> HttpResponse:
    if not request.POST.get("deleted"):
        messages.error(request, _("Delete the old key at Ultahost first, then select the box."))
        return http.SeeOther(_guide(key))
    new = key.takes_over or key
    try:
        old = acts.finish_rotation(request.user, new)
    except KeyProblem as problem:
        return _not_so(request, key, problem)
    words = _("“%(label)s” is rotated: …%(new)s is in use, …%(old)s was deleted.")
    messages.success(request, words % {"label": new.label, "new": new.last_four, "old": old.last_four})
    return http.SeeOther(reverse("key", args=[new.pk]))


@access.key_holders_only
@reauthenticated_for("key", access.key_to_manage, lambda request, key: _undoing(key).title)
def undo_rotation(request: http.Request, key: ApiKey) -> HttpResponse:
    if not key.is_rotated:
        return _not_so(request, key, rotation.RotationIsOver())
    if request.method != "POST":
        return _undoing(key).page(request)
    old, new = _pair(key).values()
    try:
        acts.undo_rotation(request.user, old, new)
    except KeyProblem as problem:
        return _not_so(request, key, problem)
    words = _("The new key …%(new)s was deleted. “%(label)s” uses …%(old)s again.")
    messages.success(request, words % {"label": old.label, "new": new.last_four, "old": old.last_four})
    return http.SeeOther(reverse("key", args=[old.pk]))


@access.key_holders_only
@require_POST
def snooze_key(request: http.Request, key_id: UUID) -> HttpResponse:
    """Postpones the reminder of the key's age."""
    key = access.key_to_manage(request.user, key_id)
    acts.snooze(key)
    messages.success(request, _("We will remind you in %(days)d days.") % {"days": SNOOZE.days})
    return http.SeeOther(reverse("key", args=[key.pk]))


def _guide(key: ApiKey) -> str:
    return reverse("rotate_key", args=[key.pk])


def _pair(key: ApiKey) -> dict[str, ApiKey]:
    """The old key and the new one, whichever of them ``key`` is."""
    old = key.replaces or key
    new = key.takes_over or key
    return {"old": old, "new": new}


def _undoing(key: ApiKey) -> Confirmation:
    old, new = _pair(key).values()
    works = old.is_usable
    return Confirmation(
        title=_("Undo the rotation of “%(label)s”?") % {"label": old.label},
        text=_(
            "The portal deletes its copy of the new key and uses the old one again. The new key stays valid"
            " until you revoke it at Ultahost."
        ),
        facts=[
            (_("Account"), old.account),
            (_("Deleted"), f"…{new.last_four}"),
            (_("Kept"), f"…{old.last_four}"),
        ],
        warning="" if works else _("The old key does not work: %(state)s.") % {"state": old.state.label},
        verb=_("Remove the new key"),
        busy=_("Removing…"),
        back=_guide(key),
        danger=True,
    )


def _not_so(request: http.Request, key: ApiKey, problem: KeyProblem) -> HttpResponse:
    messages.error(request, str(_PROBLEMS[type(problem)]))
    over = isinstance(problem, rotation.RotationIsOver)
    return http.SeeOther(reverse("key" if over else "rotate_key", args=[key.pk]))
