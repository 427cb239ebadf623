from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal import access, http
from portal.acts import grants
from portal.models import ShareLink
from portal.pages.confirmation import Confirmation
from portal.sign_in.reauthentication import reauthenticated
from ultahost_api.models import Account


@http.require_safe_or_post
@access.found("account", access.account_to_share)
@reauthenticated()
def set_private(request: http.Request, account: Account, switch: str) -> HttpResponse:
    """Away from the other members, or open to the team again."""
    if switch not in {"on", "off"}:
        raise Http404
    hides = switch == "on"
    if request.method != "POST":
        return (_hiding(account) if hides else _opening(account)).page(request)
    grants.set_private(request.user, account, hides)
    done = _("%(account)s is private.") if hides else _("Every member reads the invoices of %(account)s.")
    messages.success(request, done % {"account": account})
    return http.SeeOther(_page(account))


def _hiding(account: Account) -> Confirmation:
    links = ShareLink.objects.live().filter(accounts=account).count()
    warning = ngettext(
        "%(count)d share link names it and goes on showing its invoices. An admin can revoke it.",
        "%(count)d share links name it and go on showing its invoices. An admin can revoke them.",
        links,
    )
    return Confirmation(
        title=_("Make %(account)s private?") % {"account": account},
        text=_(
            "Other members do not see its invoices any more, from their next click on: not in lists, search,"
            " totals, files or changes. Billing, admins and whoever holds a key or a grant go on seeing them."
        ),
        warning=warning % {"count": links} if links else "",
        verb=_("Make it private"),
        facts=[(_("Account"), account)],
        back=_page(account),
    )


def _opening(account: Account) -> Confirmation:
    return Confirmation(
        title=_("Open %(account)s to the team?") % {"account": account},
        text=_(
            "Every member then reads all its invoices, and so does whoever holds a share link to every"
            " account."
        ),
        verb=_("Open it to the team"),
        facts=[(_("Account"), account)],
        back=_page(account),
    )


def _page(account: Account) -> str:
    return reverse("account", args=[account.pk])
