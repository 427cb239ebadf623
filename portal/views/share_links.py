"""Share links as admins keep them; what their holders see is in shared.py."""

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from portal import access, http
from portal.acts import share_links as acts
from portal.forms.share_links import ShareLinkForm
from portal.models import ShareLink
from portal.pages.confirmation import Confirmation
from portal.pages.periods import days_of
from portal.sign_in.reauthentication import reauthenticated, reauthenticated_for, typed_before
from portal.wording import formats
from ultahost_api.models.invoice_statuses import (
    ASKED_FOR,
    CREDIT,
    OPEN,
    OVERDUE,
    PAYABLE,
    PAYMENT_SENT,
    PAYMENT_UNKNOWN,
)

# What of the address of a list of invoices a link can show, or need not.
_KEPT = {"account", "status", "period", "since", "until", "sort", "page", "size"}
# Of the list's own statuses, those of Ultahost that hold them.
_STATUSES = {
    ASKED_FOR: OPEN,
    CREDIT: OPEN,
    OVERDUE: [PAYABLE],
    PAYMENT_SENT: OPEN,
    PAYMENT_UNKNOWN: OPEN,
}


def _address(request: http.Request) -> str:
    """With what the list of invoices showed from which the person comes, for the pages after this."""
    query = request.GET.urlencode() or http.query_before(request, reverse("invoices"))
    return f"{request.path}?{query}" if query else request.path


@access.admin_only
@require_safe
def share_links(request: http.Request) -> HttpResponse:
    links = access.share_links_to_manage(request.user)
    return http.page(request, "share_links/list.html", {"links": links}, partials=["share-links"])


@access.admin_only
@reauthenticated(*ShareLinkForm.base_fields, there=_address, purpose=gettext_lazy("Make a share link"))
def add_share_link(request: http.Request) -> HttpResponse:
    if request.method == "GET" and _address(request) != request.get_full_path():
        return http.SeeOther(_address(request))
    form = ShareLinkForm(http.posted(request), initial=typed_before(request) or _of_list(request.GET))
    if form.is_valid():
        link, address = acts.make(request.user, **form.cleaned_data)
        return http.page(request, "share_links/made.html", {"link": link, "address": address})
    return http.form_page(request, "share_links/add.html", form, {"is_wider": _is_wider(request.GET, form)})


@access.admin_only
@require_safe
def share_link(request: http.Request, link_id: UUID) -> HttpResponse:
    link = access.share_link_to_manage(request.user, link_id)
    context = {"link": link, "accounts": link.accounts.all(), "count": access.invoices_shared(link).count()}
    return http.page(request, "share_links/detail.html", context)


@access.admin_only
@reauthenticated_for("link", access.share_link_to_manage, gettext_lazy("Revoke the link for “%(name)s”?"))
def revoke_share_link(request: http.Request, link: ShareLink) -> HttpResponse:
    page = reverse("share_link", args=[link.pk])
    if request.method == "POST":
        acts.revoke(request.user, link)
        messages.success(request, _("Link revoked: “%(name)s”.") % {"name": link})
        return http.SeeOther(page)
    return Confirmation(
        title=_("Revoke the link for “%(name)s”?") % {"name": link},
        text=_("The link stops working immediately. This cannot be undone."),
        facts=[(_("Views"), link.views), (_("Last seen"), _last_seen(link))],
        verb=_("Revoke the link"),
        back=page,
        danger=True,
    ).page(request)


def _of_list(shown: QueryDict) -> dict[str, Any]:
    """What the list of invoices showed, as far as a link can show the same."""
    first, last = days_of(shown.get("period", ""), timezone.localdate()) or (None, None)
    since, until = _day(shown.get("since", "")), _day(shown.get("until", ""))
    status = shown.get("status", "")
    accounts = [shown["account"]] if shown.get("account") else []
    told = {
        "accounts": accounts,
        "scope": "chosen" if accounts else "",
        "statuses": _STATUSES.get(status, [status]) if status else [],
        "since": max((day for day in (first, since) if day), default=None),
        "until": min((day for day in (last, until) if day), default=None),
    }
    return {name: value for name, value in told.items() if value}


def _day(text: str) -> date | None:
    """None if it is no day: it filters nothing then."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _is_wider(shown: QueryDict, form: ShareLinkForm) -> bool:
    """Whether the list may have shown less than the link that the form began with."""
    fields: Any = form.fields
    statuses = {status for status, _label in fields["statuses"].choices} - {*OPEN}
    accounts = {str(account.pk) for account in fields["accounts"].queryset}
    return (
        not _KEPT.issuperset(name for name in shown if shown[name])
        or shown.get("status", "") not in {"", *statuses}
        or shown.get("account", "") not in {"", *accounts}
    )


def _last_seen(link: ShareLink) -> str:
    return formats.age(link.last_seen_at) if link.last_seen_at else _("never")
