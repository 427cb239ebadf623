"""The pages of a share link: invoices, without a login or a session, and without any change."""

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import wraps
from typing import Any, Self
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_safe

from portal import access, audit
from portal.models import Act, ShareLink
from portal.pages import cells, exports, parts
from portal.pages.any_table import drawn
from portal.pages.columns import UNREADABLE, Column
from portal.queries.freshness import Freshness
from portal.sign_in.allauth_internals import ratelimit
from portal.wording.statuses import status_word
from ultahost_api.models import Invoice, Noun
from ultahost_api.models.invoice_statuses import OPEN

PAGE_SIZE = 500  # also what is printed at once
_READ = ("number", "date", "due_date", "total", "status")


@dataclass(frozen=True, slots=True)
class SharedInvoice:
    """The fields of an invoice that a link may show. The page and the file have no others."""

    number: str
    account: str
    date: datetime.date | None
    due_date: datetime.date | None
    total: Decimal | None
    currency: str
    status: str
    unreadable: dict[str, str]

    @classmethod
    def of(cls, invoice: Invoice) -> Self:
        return cls(
            number=str(invoice),
            account=str(invoice.account),
            date=invoice.date,
            due_date=invoice.due_date,
            total=invoice.total,
            currency=invoice.currency,
            status=invoice.shown_status,
            unreadable={name: invoice.unreadable[name] for name in _READ if name in invoice.unreadable},
        )


def _number(invoice: SharedInvoice, _about: Mapping[str, Any]) -> str:
    return parts.cut(invoice.number) + parts.unread_mark(invoice)


COLUMNS = (
    Column("number", _("Number"), lambda i: i.number, "name", _("Invoice"), _number),
    Column("account", _("Account"), lambda i: i.account, "account-cell", cell=cells.account),
    Column("date", _("Date"), lambda i: i.date, "extra", cell=cells.day("date")),
    Column("due", _("Due"), lambda i: i.due_date, "date", cell=cells.day("due_date")),
    Column("status", _("Status"), lambda i: i.status, "state", cell=cells.status("status")),
    Column("total", _("Total"), lambda i: i.total, "money", cell=cells.amount("total", "currency")),
    Column("currency", _("Currency"), lambda i: i.currency),
    UNREADABLE,
)
_SHOWN = [COLUMNS[place] for place in (0, 4, 1, 2, 3, 5)]


def unlisted(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A page for anyone who has its address. It stays out of search engines, caches and referrers."""

    checked = require_safe(view)

    @login_not_required
    @wraps(view)
    def guarded(request: HttpRequest, **parts: Any) -> HttpResponseBase:
        try:
            response = checked(request, **parts)
        except Http404:
            response = render(request, "shared/gone.html", status=404)
        response["X-Robots-Tag"] = "noindex, nofollow"
        response["Referrer-Policy"] = "no-referrer"
        response["Cache-Control"] = "private, no-store"
        return response

    return guarded


@sensitive_variables()
@unlisted
def open_shared(request: HttpRequest, link_id: UUID, secret: str) -> HttpResponse:
    """Redirects to the address without the secret. A request with the right secret also gets a cookie.

    Never an error, which would be logged with its address.
    """
    page = reverse("shared", args=[link_id])
    response = HttpResponseRedirect(page)
    link = access.share_link_opened_by(link_id, secret) if _may_try(request) else None
    if link:
        response.set_cookie(
            settings.SHARE_COOKIE_NAME,
            link.ticket,
            path=page,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
        audit.record(request, Act.LINK_OPENED, link)
    return response


@unlisted
def shared(request: HttpRequest, link_id: UUID) -> HttpResponse:
    if not _may_try(request):
        return render(request, "shared/busy.html", status=429)
    link = _held(request, link_id)
    invoices = access.invoices_shared(link)
    freshness = Freshness(Noun.INVOICES, access.accounts_shared(link))
    page = Paginator(invoices, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "link": link,
        "statuses": ", ".join(map(status_word, link.statuses)),
        "page": page,
        "columns": _SHOWN,
        "rows": drawn(_SHOWN, map(SharedInvoice.of, page), {}),
        "totals": invoices.that_cost().by_currency(every_year=True),
        "moved": invoices.filter(only_moves_money=True).count(),
        "shows_open": not link.statuses or set(OPEN) & set(link.statuses),
        "shows_paid": not link.statuses or "Paid" in link.statuses,
        "updated_at": freshness.updated_at,
        "is_stale": freshness.updated_at is not None and freshness.is_stale,
        "set_aside": sum(len(ids) for _account, ids in freshness.set_aside),
    }
    return render(request, "shared/invoices.html", context)


@unlisted
def shared_csv(request: HttpRequest, link_id: UUID) -> HttpResponseBase:
    if not _may_try(request):
        return render(request, "shared/busy.html", status=429)
    link = _held(request, link_id)
    invoices = access.invoices_shared(link)
    audit.record(request, Act.EXPORTED, link, rows=invoices.count())
    return exports.response("invoices.csv", COLUMNS, map(SharedInvoice.of, invoices.iterator(chunk_size=500)))


def _may_try(request: HttpRequest) -> bool:
    return bool(ratelimit.consume(request, app="allauth.account", action="share_link", limit_get=True))


def _held(request: HttpRequest, link_id: UUID) -> ShareLink:
    """The link for which the browser has the cookie. For every other link, whatever the reason, a 404."""
    link = access.share_link_held(link_id, request.COOKIES.get(settings.SHARE_COOKIE_NAME, ""))
    link.note_view()
    return link
