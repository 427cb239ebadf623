from collections.abc import Callable
from functools import partial
from uuid import UUID

from allauth.core import ratelimit
from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from portal import access, http
from portal.acts import keys as acts
from portal.forms.keys import AddKeyForm, KeyForm
from portal.live_reads.slots import Busy, provider_call
from portal.pages import marks
from portal.pages.chips import Chip
from portal.pages.confirmation import Confirmation
from portal.queries import key_health
from portal.queries.key_health import Concern, KeyHealth
from portal.queries.server_address import outward_address
from portal.sign_in.reauthentication import reauthenticated, reauthenticated_for, typed_before
from ultahost_api import keys as vault
from ultahost_api.models import ApiKey, Refresh

TOO_MANY_TRIES = gettext_lazy("Too many attempts. Wait a minute.")

_CHIPS = {
    Concern.BROKEN: gettext_lazy("Needs attention"),
    Concern.ROTATED: gettext_lazy("Being rotated"),
    Concern.OLD: gettext_lazy("Old"),
}


@access.key_holders_only
@require_safe
def keys(request: http.Request) -> HttpResponse:
    health = key_health.of(access.keys_to_manage(request.user))
    chips = _chips(health, request.GET.get("show", ""))
    chosen = {chip.value for chip in chips if chip.is_chosen}
    context = {
        "listed": [one for one in health if not chosen or one.concern in chosen],
        "chips": [chip for chip in chips if chip.count or chip.is_chosen],
        "chosen": chosen,
        "outward_address": outward_address(),
    }
    return http.page(request, "keys/list.html", context, partials=["keys"])


@sensitive_variables()
@sensitive_post_parameters("secret")
@access.key_holders_only
@reauthenticated("label", purpose=gettext_lazy("Add a key"))
def add_key(request: http.Request) -> HttpResponse:
    form = AddKeyForm(http.posted(request), initial=typed_before(request))
    act = partial(acts.add, request.user, request.user, request.POST.get("label", ""))
    if key := try_key(request, form, act):
        if key.account:
            words = _("The key opens %(account)s. Its first refresh has started.")
            marks.done(request, words % {"account": key.account}, _page(key))
        else:
            messages.warning(
                request,
                _(
                    "Ultahost does not answer. The key is saved as unverified, and the portal tries again"
                    " automatically."
                ),
            )
        return http.SeeOther(reverse("keys"))
    return http.form_page(request, "keys/add.html", form)


@access.key_holders_only
@require_safe
def key(request: http.Request, key_id: UUID) -> HttpResponse:
    key = access.key_to_manage(request.user, key_id)
    is_told = key.account and key.gives_rights
    context = {
        "key": key,
        "health": key_health.of([key])[0],
        "refreshes": Refresh.objects.filter(account=key.account).order_by("pk") if is_told else [],
        "others": _other_keys(key),
    }
    return http.page(request, "keys/detail.html", context)


@sensitive_variables()
@sensitive_post_parameters("secret")
@access.key_holders_only
@reauthenticated_for("key", access.key_to_manage, gettext_lazy("Replace “%(label)s”"))
def replace_key(request: http.Request, key: ApiKey) -> HttpResponse:
    form = KeyForm(http.posted(request))
    if try_key(request, form, partial(acts.replace, request.user, key)):
        messages.success(request, _("The key was replaced."))
        return http.SeeOther(_page(key))
    return http.form_page(request, "keys/replace.html", form, {"key": key})


@access.key_holders_only
@require_POST
@reauthenticated_for(
    "key", access.key_to_manage, gettext_lazy("Try “%(label)s” again"), there=lambda request, key: _page(key)
)
def retry_key(request: http.Request, key: ApiKey) -> HttpResponse:
    if not is_try_left(request):
        messages.error(request, str(TOO_MANY_TRIES))
        return http.SeeOther(_page(key))
    vault.ask_to_verify(key)
    messages.success(request, _("Checking this key with Ultahost again."))
    return http.SeeOther(_page(key))


@access.key_holders_only
@reauthenticated_for("key", access.key_to_manage, gettext_lazy("Disable “%(label)s”?"))
def disable_key(request: http.Request, key: ApiKey) -> HttpResponse:
    if request.method != "POST":
        return _disabling(key).page(request)
    acts.disable(request.user, key)
    messages.success(request, _("“%(label)s” is disabled and no longer used.") % {"label": key.label})
    return http.SeeOther(_page(key))


@access.key_holders_only
@reauthenticated_for("key", access.key_to_manage, gettext_lazy("Enable “%(label)s”?"))
def enable_key(request: http.Request, key: ApiKey) -> HttpResponse:
    if request.method != "POST":
        return _enabling(key).page(request)
    if key.disabled_because and not is_try_left(request):  # it is tried before it is used again
        messages.error(request, str(TOO_MANY_TRIES))
        return http.SeeOther(_page(key))
    acts.enable(request.user, key)
    messages.success(request, _("“%(label)s” is in use again.") % {"label": key.label})
    return http.SeeOther(_page(key))


@access.key_holders_only
@reauthenticated_for("key", access.key_to_manage, gettext_lazy("Remove “%(label)s”?"))
def remove_key(request: http.Request, key: ApiKey) -> HttpResponse:
    if request.method == "POST":
        acts.remove(request.user, key)
        messages.success(
            request, _("“%(label)s” was removed and the stored key deleted.") % {"label": key.label}
        )
        return http.SeeOther(reverse("keys"))
    return _removal(key).page(request)


def is_try_left(request: http.Request) -> bool:
    """Whether the person may have another key checked now.

    Each call counts towards the limit of 5 a minute.
    """
    return ratelimit.consume(request, action="validate_key")


@sensitive_variables()
def try_key(request: http.Request, form: KeyForm, act: Callable[[str], ApiKey]) -> ApiKey | None:
    """The result of ``act`` with the pasted secret, or None with the reason on the form."""
    if not form.is_valid():
        return None
    if not is_try_left(request):
        form.add_error(None, str(TOO_MANY_TRIES))
        return None
    try:
        with provider_call():
            return act(form.cleaned_data["secret"])
    except (Busy, vault.KeyProblem) as problem:
        form.explain(problem)
        return None


def _chips(health: list[KeyHealth], shown: str) -> list[Chip]:
    concerns = [one.concern for one in health]
    return [
        Chip(concern, concerns.count(concern), concern == shown, words) for concern, words in _CHIPS.items()
    ]


def _removal(key: ApiKey) -> Confirmation:
    return Confirmation(
        title=_("Remove “%(label)s”?") % {"label": key.label},
        text=_(
            "The portal deletes its copy of the key. The key stays valid until you revoke it at Ultahost."
        ),
        facts=_facts(key),
        warning=_if_last(key),
        verb=_("Remove the key"),
        busy=_("Removing…"),
        back=_page(key),
        danger=True,
    )


def _disabling(key: ApiKey) -> Confirmation:
    return Confirmation(
        title=_("Disable “%(label)s”?") % {"label": key.label},
        text=_("The portal keeps the key, but does not use it until you enable it again."),
        facts=_facts(key),
        warning=_if_last(key),
        verb=_("Disable"),
        back=_page(key),
    )


def _enabling(key: ApiKey) -> Confirmation:
    return Confirmation(
        title=_("Enable “%(label)s”?") % {"label": key.label},
        text=_("The portal uses the key again for refreshes and changes."),
        facts=_facts(key),
        verb=_("Enable"),
        back=_page(key),
    )


def _facts(key: ApiKey) -> list[tuple[object, object]]:
    return [(_("Owner"), key.owner), (_("Account"), key.account or "–"), (_("Key"), f"…{key.last_four}")]


def _page(key: ApiKey) -> str:
    return reverse("key", args=[key.pk])


def _if_last(key: ApiKey) -> str:
    last = key.account and key.gives_rights and not _other_keys(key)
    return _("This is the last key to its account. The account will no longer be refreshed.") if last else ""


def _other_keys(key: ApiKey) -> int:
    """How many keys would still read this account."""
    return (
        ApiKey.objects.usable().filter(account=key.account).exclude(pk=key.pk).count() if key.account else 0
    )
