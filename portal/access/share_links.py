"""Share links as admins manage them, and the rows that one shows."""

from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404

from portal.access.rights import is_private
from portal.models import ShareLink, User
from portal.models.share_links import ShareLinkQuerySet
from ultahost_api.models import Account, Invoice
from ultahost_api.models.invoices import InvoiceQuerySet


def share_links_to_manage(user: User) -> ShareLinkQuerySet:
    links = ShareLink.objects.select_related("made_by", "revoked_by")
    return links if user.is_admin else links.none()


def share_links_left_by(user: User, person: User) -> ShareLinkQuerySet:
    """Open links that the person made. They stay open when the person leaves."""
    return share_links_to_manage(user).live().filter(made_by=person)


def share_link_to_manage(user: User, link_id: UUID) -> ShareLink:
    return get_object_or_404(share_links_to_manage(user), pk=link_id)


def share_link_opened_by(link_id: UUID, secret: str) -> ShareLink | None:
    link = ShareLink.objects.live().filter(pk=link_id).first()
    return link if link and link.opens_with(secret) else None


def share_link_held(link_id: UUID, ticket: str) -> ShareLink:
    """For a browser that opened the link before."""
    link = get_object_or_404(ShareLink.objects.live(), pk=link_id)
    if not link.admits(ticket):
        raise Http404
    return link


def accounts_shared(link: ShareLink) -> QuerySet[Account]:
    """The accounts that the link names; of a link to every account those that are not private now."""
    if link.every_account:
        return Account.objects.filter(~is_private())
    return Account.objects.filter(pk__in=link.accounts.all())


_SHOWN = ("number", "remote_id", "date", "due_date", "status", "total", "currency", "unreadable", "gone_at")


def invoices_shared(link: ShareLink) -> InvoiceQuerySet:
    """The newest first, and of each no more than is shown."""
    scope: dict[str, Any] = {"status__in": link.statuses, "date__gte": link.since, "date__lte": link.until}
    invoices = Invoice.objects.of(accounts_shared(link)).present().select_related("account").with_payments()
    wanted = {name: value for name, value in scope.items() if value}
    invoices = invoices.filter(**wanted).order_by(F("date").desc(nulls_last=True), "-remote_id", "pk")
    return invoices.only(*_SHOWN, "account__name")
