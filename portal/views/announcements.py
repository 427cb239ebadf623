from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from portal import access, http
from portal.live_reads import reading
from portal.live_reads.reading import Live
from portal.models import User
from portal.pages import cells, live_tables, parts
from portal.pages.columns import Column, Listing
from portal.pages.foreign_html import document, framed
from portal.pages.live_tables import LiveTable
from portal.wording.translated import Translated
from ultahost_api.client import Announcement
from ultahost_api.models import Account, ApiKey
from ultahost_api.models.folding import folded

_SEEN = "announcements_seen"  # the session's: the highest id that was marked as read
_NEW_FOR = timedelta(days=14)  # where nothing was marked yet

_WORDS = Translated({"new": _("New")})


def _title(announcement: Announcement) -> object:
    return announcement.title or f"#{announcement.id}"


def _state(announcement: Announcement, about: Mapping[str, Any]) -> str:
    return parts.status(_WORDS["new"]) if announcement.id in about["new"] else ""


LISTING = Listing(
    name="announcements",
    title=_("Announcements"),
    search=_("Search announcements"),
    before_key=_("Add an API key to see Ultahost's announcements."),
    empty=_("No announcements from Ultahost yet."),
    no_match=_("No announcements match."),
    body="announcements/_rows.html",
    sorts={
        "title": lambda announcement: folded(announcement.title) or None,
        "date": lambda announcement: announcement.date and (announcement.date, announcement.id),
    },
    default_sort="-date",
    shown=("title", "status", "date"),
    columns=(
        Column(
            "title", _("Announcement"), css_class="name", cell=cells.name("announcement", "id", text=_title)
        ),
        Column("status", _("Status"), css_class="state", cell=_state),
        Column("date", _("Published"), css_class="account-cell", cell=cells.moment("date")),
    ),
)


@access.key_holders_only
@http.require_safe_or_post
def announcements(request: http.Request) -> HttpResponse:
    """Ultahost's news, the same for every account; POST marks them as read up to one of them."""
    account = _any_account(request.user)
    if request.method == "POST":
        _mark(request)
        return http.SeeOther(reverse("announcements"))
    read = None
    if account and live_tables.is_wanted(request):
        read = live_tables.read_whole(
            account, LISTING.name, Announcement, lambda client: client.announcements
        )
    new = {one.id for one in live_tables.records_of(read) if _is_new(request, one)}
    table = LiveTable(request, LISTING, read, account=account, text=lambda announcement: announcement.title)
    if not new:
        table.shown = [name for name in table.shown if name != "status"]
    return table.respond(new=new, latest=max(new, default=0))


@access.key_holders_only
@require_safe
def announcement(request: http.Request, announcement_id: int) -> HttpResponse:
    account = _account_or_404(request.user)
    read = _read(account, announcement_id) if live_tables.is_wanted(request) else None
    reads = access.reads_besides(request.user, account)
    context = {"announcement_id": announcement_id, "live": read, "reads_besides": reads}
    return http.page(request, "announcements/detail.html", context, partials=["announcement"])


@framed
@access.key_holders_only
@require_safe
def announcement_body(request: http.Request, announcement_id: int) -> HttpResponse:
    account = _account_or_404(request.user)
    return document(request, _read(account, announcement_id), lambda announcement: announcement.body)


def _any_account(user: User) -> Account | None:
    return access.accounts_to_view(user).filter(keys__in=ApiKey.objects.usable()).distinct().first()


def _account_or_404(user: User) -> Account:
    if account := _any_account(user):
        return account
    raise Http404


def _is_new(request: http.Request, announcement: Announcement) -> bool:
    seen = request.session.get(_SEEN)
    if seen is not None:
        return bool(announcement.id > seen)
    return bool(announcement.date and announcement.date > timezone.now() - _NEW_FOR)


def _mark(request: http.Request) -> None:
    told: Any = request.POST.get("latest", "")
    if told.isascii() and told.isdecimal():
        request.session[_SEEN] = max(int(told[:18]), request.session.get(_SEEN) or 0)


def _read(account: Account, announcement_id: int) -> Live:
    return reading.read(account, lambda client: client.announcements.get(announcement_id))
