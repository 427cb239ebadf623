from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_safe

from portal import access, http
from portal.acts import grants
from portal.forms.accounts import PasswordForm, ProfileForm
from portal.forms.addresses import ADDRESS, shown_of
from portal.live_reads import reading
from portal.live_reads.reading import Live
from portal.models import AccountPolicy, ShareLink
from portal.operations.page import WritePage
from portal.pages import cells, live_tables, parts
from portal.pages.columns import Column, Listing
from portal.pages.confirmation import Confirmation
from portal.pages.live_tables import RecordTable
from portal.queries import account_access
from portal.queries.account_access import Reached
from portal.sign_in.reauthentication import reauthenticated_for
from portal.wording import formats
from portal.wording.links import href
from ultahost_api.client import Secret, writes
from ultahost_api.models import Account
from ultahost_api.models.folding import folded


def _owed_elsewhere(one: Reached) -> str:
    return ", ".join(formats.money(owed.total, owed.currency) for owed in one.owed_elsewhere)


def _private(one: Reached) -> object:
    return _("yes") if one.is_private else _("no")


def _name(one: Reached, _about: Mapping[str, Any]) -> str:
    """Of an account that is not open to them, its invoices."""
    account = one.account
    url = href("account", account.pk) if one.is_open else f"{href('invoices')}?account={account.pk}"
    return parts.link(url, account)


def _state(one: Reached, _about: Mapping[str, Any]) -> str:
    if one.is_private:
        return parts.private()
    return parts.status(one.account.status) if one.account.status else ""


def _ways(one: Reached, _about: Mapping[str, Any]) -> str:
    return capfirst("; ".join(one.ways))


def _next_due(one: Reached, _about: Mapping[str, Any]) -> str:
    return parts.on(one.next_due)


def _late(one: Reached) -> str:
    return "bad" if one.is_overdue else ""


def _sums(one: Reached, _about: Mapping[str, Any]) -> str:
    """What it owes in its own currency, in those that it had before, and what no sum holds."""
    account = one.account
    sums = [formats.money(one.owed, account.currency)]
    sums += [formats.money(owed.total, owed.currency) for owed in one.owed_elsewhere]
    if not one.unread:
        return " + ".join(sums)
    words = ngettext(
        "%(count)s amount could not be read, not included",
        "%(count)s amounts could not be read, not included",
        one.unread,
    )
    url = f"{href('invoices')}?account={account.pk}&status=Open&unreadable=total"
    link = parts.link(url, words % {"count": one.unread})
    return format_html('{}<span class="under">{}</span>', " + ".join(sums), link)


LISTING = Listing(
    name="accounts",
    title=_("Accounts"),
    search=_("Search accounts"),
    before_key=_("Add an API key to see its account."),
    empty=_("Add an API key to see its account."),
    no_match=_("No accounts match."),
    sorts={
        "name": lambda one: folded(one.account.name),
        "due": lambda one: one.next_due,
        "owed": lambda one: (one.account.currency, one.owed),  # never compared across currencies
    },
    default_sort="name",
    shown=("name", "private", "ways", "currency", "updated", "due", "owed"),
    columns=(
        Column("name", _("Account"), lambda one: one.account.name, "name", cell=_name),
        Column("ways", _("Access"), lambda one: ", ".join(one.ways), "account-cell", cell=_ways),
        Column("private", _("Private"), _private, "state", _("State"), _state),
        Column("owed", _("Owed"), lambda one: one.owed, "money", cell=_sums),
        Column(
            "currency",
            _("Currency"),
            lambda one: one.account.currency,
            "extra",
            cell=cells.plain("account.currency"),
        ),
        Column("elsewhere", _("Owed in other currencies"), _owed_elsewhere),
        Column("unread", _("Amounts that could not be read, not included"), lambda one: one.unread),
        Column("due", _("Next due"), lambda one: one.next_due, "date", cell=_next_due, mark=_late),
        Column(
            "updated",
            _("Updated"),
            lambda one: one.freshness and one.freshness.updated_at,
            "extra",
            cell=lambda one, _about: parts.updated(one.freshness) if one.freshness else "",
        ),
    ),
)


@require_safe
def accounts(request: http.Request) -> HttpResponse:
    """All accounts of which the user may see something, from our copy."""
    return _table(request).respond()


@require_safe
def accounts_csv(request: http.Request) -> HttpResponseBase:
    return _table(request).as_csv()


@access.key_holders_only
@require_safe
def account(request: http.Request, account_id: UUID) -> HttpResponse:
    account = access.account_among(access.accounts_to_view(request.user), account_id)
    shares = access.accounts_to_share(request.user).contains(account)
    context = {
        "account": account,
        "live": _profile(account) if live_tables.is_wanted(request) else None,
        "is_private": AccountPolicy.objects.private().filter(account=account).exists(),
        "may_change": access.accounts_of_own_keys(request.user).contains(account),
        "reads_besides": access.reads_besides(request.user, account),
        "may_pay": access.accounts_to_pay(request.user).contains(account),
        "reach": account_access.people_of(account)
        if shares and not http.is_partial(request, "account")
        else None,
    }
    return http.page(request, "accounts/detail.html", context, partials=["account"])


@access.key_holders_only
@reauthenticated_for("account", access.account_of_own_key, _("Edit the account"))
def edit_account(request: http.Request, account: Account) -> HttpResponse:
    """The form holds the values that Ultahost had; only fields that the person changed are sent."""
    writing = WritePage(
        request,
        account,
        writes.UpdateAccount,
        title=gettext("Edit the account"),
        verb=gettext("Save"),
        back=_page(account),
        template="components/form_page.html",
        own_key_only=True,
    )
    if request.method == "POST":
        return writing.respond(ProfileForm, _changes, changing=True)
    read = _profile(account)
    if not read.is_there:
        return live_tables.unread_page(request, account, read, writing.title, writing.back)
    known = shown_of(read.content, ADDRESS | {"language": "language"})
    return writing.respond(ProfileForm, _changes, initial=known, changing=True)


@sensitive_variables()
@sensitive_post_parameters("existing", "new", "confirmed")
@access.key_holders_only
@reauthenticated_for("account", access.account_of_own_key, _("Change the password at Ultahost"))
def change_account_password(request: http.Request, account: Account) -> HttpResponse:
    writing = WritePage(
        request,
        account,
        writes.ChangePassword,
        title=gettext("Change the password at Ultahost"),
        text=gettext("This is the password of the account's login at Ultahost, not your portal password."),
        verb=gettext("Change the password"),
        back=_page(account),
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
    return reading.read(account, lambda client: client.profile.get())


def _table(request: http.Request) -> RecordTable:
    records = account_access.accounts_of(request.user)
    return RecordTable(request, LISTING, records, text=lambda one: " ".join([one.account.name, *one.ways]))


def _page(account: Account) -> str:
    return reverse("account", args=[account.pk])


@reauthenticated_for(
    "account",
    access.account_to_share,
    lambda request, account, switch: (_hiding if switch == "on" else _opening)(account).title,
)
def set_private(request: http.Request, account: Account, switch: str) -> HttpResponse:
    """Hide the account's invoices from other members, or show them again."""
    if switch not in {"on", "off"}:
        raise Http404
    hides = switch == "on"
    if request.method != "POST":
        return (_hiding(account) if hides else _opening(account)).page(request)
    grants.set_private(request.user, account, hides)
    done = (
        gettext("%(account)s is private.")
        if hides
        else gettext("All members can now read the invoices of %(account)s.")
    )
    messages.success(request, done % {"account": account})
    return http.SeeOther(_page(account))


def _hiding(account: Account) -> Confirmation:
    links = ShareLink.objects.live().filter(accounts=account).count()
    warning = ngettext(
        "%(count)d share link to this account still shows its invoices. An admin can revoke it.",
        "%(count)d share links to this account still show its invoices. An admin can revoke them.",
        links,
    )
    return Confirmation(
        title=gettext("Make %(account)s private?") % {"account": account},
        text=gettext(
            "Other members can no longer see these invoices. Billing, admins and people with a key or"
            " access to this account still see them."
        ),
        warning=warning % {"count": links} if links else "",
        verb=gettext("Make it private"),
        facts=[(gettext("Account"), account)],
        back=_page(account),
    )


def _opening(account: Account) -> Confirmation:
    return Confirmation(
        title=gettext("Open %(account)s to the team?") % {"account": account},
        text=gettext(
            "All members can then read all its invoices, and share links to all accounts show them."
        ),
        verb=gettext("Open it to the team"),
        facts=[(gettext("Account"), account)],
        back=_page(account),
    )
