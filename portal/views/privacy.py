from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from portal import access, http
from portal.acts import grants
from portal.models import ShareLink
from portal.sign_in.reauthentication import ask_first
from ultahost_api.models import Account


@require_http_methods(["GET", "HEAD", "POST"])
def set_private(request: http.Request, account_id: UUID, switch: str) -> HttpResponse:
    """Away from the other members, or open to the team again."""
    if switch not in {"on", "off"}:
        raise Http404
    account = access.account_among(access.accounts_to_share(request.user), account_id)
    if way := ask_first(request):
        return way
    page = reverse("account", args=[account.pk])
    context = _hiding(account) if switch == "on" else _opening(account)
    if request.method == "POST":
        grants.set_private(request.user, account, switch == "on")
        messages.success(request, context["done"])
        return http.SeeOther(page)
    context |= {"facts": [(_("Account"), account)], "action": request.path, "back": page}
    return http.page(request, "components/confirm_page.html", context)


def _hiding(account: Account) -> dict[str, Any]:
    links = ShareLink.objects.live().filter(accounts=account).count()
    warning = ngettext(
        "%(count)d share link names it and goes on showing its invoices. An admin can revoke it.",
        "%(count)d share links name it and go on showing its invoices. An admin can revoke them.",
        links,
    )
    return {
        "title": _("Make %(account)s private?") % {"account": account},
        "text": _(
            "Other members do not see its invoices any more, from their next click on: not in lists, search,"
            " totals, files or changes. Billing, admins and whoever holds a key or a grant go on seeing them."
        ),
        "warning": warning % {"count": links} if links else "",
        "verb": _("Make it private"),
        "done": _("%(account)s is private.") % {"account": account},
    }


def _opening(account: Account) -> dict[str, Any]:
    return {
        "title": _("Open %(account)s to the team?") % {"account": account},
        "text": _(
            "Every member then reads all its invoices, and so does whoever holds a share link to every"
            " account."
        ),
        "verb": _("Open it to the team"),
        "done": _("Every member reads the invoices of %(account)s.") % {"account": account},
    }
