from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from portal import access, http
from portal.forms.accounts import PasswordForm, ProfileForm
from portal.forms.addresses import ADDRESS, shown_of
from portal.live_reads import reading
from portal.live_reads.reading import Live
from portal.models import AccountPolicy
from portal.operations.page import WritePage
from portal.pages import exports, live_tables
from portal.pages.live_tables import LiveList
from portal.queries import account_access
from portal.queries.account_access import Reached
from portal.sign_in import reauthentication
from portal.wording import formats
from ultahost_api.client import Client, Profile, Secret, writes
from ultahost_api.folding import folded
from ultahost_api.models import Account

SORTS: dict[str, live_tables.Key] = {
    "name": lambda one: folded(one.account.name),
    "due": lambda one: one.next_due,
    "owed": lambda one: (one.account.currency, one.owed),  # never compared across currencies
}


@require_safe
def accounts(request: http.Request) -> HttpResponse:
    """The accounts of which one sees anything, from our copy."""
    return http.page(request, "accounts/list.html", {"list": _listing(request)}, partials=["accounts"])


@require_safe
def accounts_csv(request: http.Request) -> HttpResponseBase:
    return _listing(request).as_csv("accounts.csv", _columns())


@access.key_holders_only
@require_safe
def account(request: http.Request, account_id: UUID) -> HttpResponse:
    account = access.account_among(access.accounts_to_view(request.user), account_id)
    shares = access.accounts_to_share(request.user).contains(account)
    context = {
        "account": account,
        "live": _profile(account) if live_tables.is_wanted(request) else None,
        "is_private": _is_private(account),
        "may_change": access.accounts_of_own_keys(request.user).contains(account),
        "may_pay": access.accounts_to_pay(request.user).contains(account),
        "reach": account_access.people_of(account)
        if shares and not http.is_partial(request, "account")
        else None,
    }
    return http.page(request, "accounts/detail.html", context, partials=["account"])


@access.key_holders_only
@require_http_methods(["GET", "HEAD", "POST"])
def edit_account(request: http.Request, account_id: UUID) -> HttpResponse:
    """The form carries what Ultahost had, and sends what the person has made different."""
    account = access.account_of_own_key(request.user, account_id)
    if way := reauthentication.ask_first(request):
        return way
    writing = WritePage(
        request,
        account,
        writes.UpdateAccount,
        title=_("Edit the account"),
        verb=_("Save"),
        back=_page(account),
        done_words=_("The account was changed at Ultahost."),
        template="accounts/form.html",
        own_key_only=True,
    )
    if request.method == "POST":
        return writing.respond(ProfileForm, _changes, changing=True)
    read = _profile(account)
    if not read.is_there:
        context = {"account": account, "live": read, "title": writing.title, "back": writing.back}
        return http.page(request, "components/unread.html", context)
    known = shown_of(read.content, ADDRESS | {"language": "language"})
    return writing.respond(ProfileForm, _changes, initial=known, changing=True)


@sensitive_variables()
@sensitive_post_parameters("existing", "new", "confirmed")
@access.key_holders_only
@require_http_methods(["GET", "HEAD", "POST"])
def change_account_password(request: http.Request, account_id: UUID) -> HttpResponse:
    account = access.account_of_own_key(request.user, account_id)
    if way := reauthentication.ask_first(request):
        return way
    writing = WritePage(
        request,
        account,
        writes.ChangePassword,
        title=_("Change the password at Ultahost"),
        text=_("It is the password of the account's own login at Ultahost, not yours at the portal."),
        verb=_("Change the password"),
        back=_page(account),
        done_words=_("The password at Ultahost was changed."),
        own_key_only=True,
    )
    return writing.respond(PasswordForm, _passwords)


def _changes(form: ProfileForm) -> writes.UpdateAccount:
    return writes.UpdateAccount(**form.values())


@sensitive_variables()
def _passwords(form: PasswordForm) -> writes.ChangePassword:
    typed = form.cleaned_data
    return writes.ChangePassword(Secret(typed["existing"]), Secret(typed["new"]))


def _profile(account: Account) -> Live:
    def get(client: Client) -> Profile:
        return client.profile.get()

    return reading.read(account, get)


def _listing(request: http.Request) -> LiveList:
    return LiveList(
        request,
        account_access.accounts_of(request.user),
        text=lambda one: " ".join([one.account.name, *one.ways]),
        sorts=SORTS,
        default_sort="name",
    )


def _columns() -> list[exports.Column]:
    def elsewhere(one: Reached) -> str:
        return ", ".join(formats.money(owed.total, owed.currency) for owed in one.owed_elsewhere)

    return [
        (_("Account"), lambda one: one.account.name),
        (_("Reached by"), lambda one: ", ".join(one.ways)),
        (_("Private"), lambda one: _("yes") if one.is_private else _("no")),
        (_("Owed"), lambda one: one.owed),
        (_("Currency"), lambda one: one.account.currency),
        (_("Owed in other currencies"), elsewhere),
        (_("Amounts that could not be read, not included"), lambda one: one.unread),
        (_("Next due"), lambda one: one.next_due),
        (_("Updated"), lambda one: one.freshness and one.freshness.updated_at),
    ]


def _is_private(account: Account) -> bool:
    return AccountPolicy.objects.filter(account=account, private=True).exists()


def _page(account: Account) -> str:
    return reverse("account", args=[account.pk])
