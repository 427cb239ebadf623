from typing import Any
from uuid import UUID

from django.db.models import Count, Q
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from portal import access, confirming, http, live, live_lists
from portal.forms.accounts import PasswordForm, ProfileForm
from portal.forms.addresses import ADDRESS, shown_of
from portal.live import Live
from portal.writing import Write
from ultahost_api.client import Client, Profile, Secret
from ultahost_api.models import Account


@access.key_holders_only
@require_safe
def accounts(request: http.Request) -> HttpResponse:
    """The accounts that one sees, from our copy."""
    live_keys = Count("keys", filter=Q(keys__removed_at=None, keys__disabled_at=None), distinct=True)
    found = access.accounts_to_view(request.user).annotate(key_count=live_keys)
    return http.page(request, "accounts/list.html", {"accounts": found})


@access.key_holders_only
@require_safe
def account(request: http.Request, account_id: UUID) -> HttpResponse:
    account = access.account_among(access.accounts_to_view(request.user), account_id)
    context = {
        "account": account,
        "live": _profile(account) if live_lists.is_wanted(request) else None,
        "may_change": access.accounts_of_own_keys(request.user).filter(pk=account.pk).exists(),
    }
    return http.page(request, "accounts/detail.html", context, partials=["account"])


@access.key_holders_only
@require_http_methods(["GET", "HEAD", "POST"])
def edit_account(request: http.Request, account_id: UUID) -> HttpResponse:
    """The form carries what Ultahost had, and sends what the person has made different."""
    account = access.account_among(access.accounts_of_own_keys(request.user), account_id)
    if way := confirming.ask_first(request):
        return way
    write = Write(
        request,
        account,
        "update_account",
        title=_("Edit the account"),
        verb=_("Save"),
        back=_page(account),
        done_words=_("The account was changed at Ultahost."),
        template="accounts/form.html",
        own_key_only=True,
    )
    if request.method == "POST":
        return write.respond(ProfileForm, ProfileForm.values, changing=True)
    read = _profile(account)
    if not read.is_there:
        context = {"account": account, "live": read, "title": write.title, "back": write.back}
        return http.page(request, "components/unread.html", context)
    known = shown_of(read.content, ADDRESS | {"language": "language"})
    return write.respond(ProfileForm, initial=known, changing=True)


@sensitive_variables()
@sensitive_post_parameters("existing", "new", "confirmed")
@access.key_holders_only
@require_http_methods(["GET", "HEAD", "POST"])
def change_account_password(request: http.Request, account_id: UUID) -> HttpResponse:
    account = access.account_among(access.accounts_of_own_keys(request.user), account_id)
    if way := confirming.ask_first(request):
        return way
    write = Write(
        request,
        account,
        "change_password",
        title=_("Change the password at Ultahost"),
        text=_("It is the password of the account's own login at Ultahost, not yours at the portal."),
        verb=_("Change the password"),
        back=_page(account),
        done_words=_("The password at Ultahost was changed."),
        own_key_only=True,
    )
    return write.respond(PasswordForm, _passwords)


@sensitive_variables()
def _passwords(form: PasswordForm) -> dict[str, Any]:
    typed = form.cleaned_data
    names = {"existingpw": "existing", "newpw": "new", "confirmpw": "confirmed"}
    return {name: Secret(typed[field]) for name, field in names.items()}


def _profile(account: Account) -> Live:
    def get(client: Client) -> Profile:
        return client.profile.get()

    return live.read(account, "profile", get, cached=False)


def _page(account: Account) -> str:
    return reverse("account", args=[account.pk])
