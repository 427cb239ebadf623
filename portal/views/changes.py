from collections.abc import Sequence

from django.http import HttpResponse, HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from portal import access, http
from portal.models import User
from portal.pages.columns import Column, Listing
from portal.pages.filters import EventFilter
from portal.pages.tables import Table
from portal.queries import history
from portal.wording import events, formats
from ultahost_api.models import Event

LISTING = Listing(
    name="changes",
    head=_("History"),
    tabs="changes/_tabs.html",
    title=_("Changes"),
    search=_("Search changes"),
    empty=_("No changes at Ultahost yet."),
    beneath=_("Changes found at Ultahost."),
    body="changes/_rows.html",
    sorts={"when": ["at"]},
    default_sort="-when",
    shown=(),
    columns=(
        Column("when", _("When"), lambda e: formats.stamp(e.at)),
        Column("account", _("Account"), lambda e: e.account.name),
        Column("what", _("What"), lambda e: e.get_noun_display()),
        Column("name", _("Name"), lambda e: e.name),
        Column("remote_id", _("Ultahost ID"), lambda e: e.remote_id),
        Column("kind", _("Kind"), lambda e: e.get_kind_display()),
        Column("change", _("Change"), lambda e: e.words),
    ),
)


@require_safe
def changes(request: http.Request) -> HttpResponse:
    """Changes that the refreshes found at Ultahost, newest first."""
    table = _table(request)
    return table.respond(entries=history.feed(request.user, table.page))


@require_safe
def changes_csv(request: http.Request) -> HttpResponseBase:
    return _table(request).as_csv(prepare=lambda found: _word(request.user, found))


def _word(user: User, found: Sequence[Event]) -> None:
    """Gives each the words of its column."""
    told = history.currencies(user, found)
    for event in found:
        event.words = events.words(event, told.get(event.row_id, ""))  # type: ignore[attr-defined]


def _table(request: http.Request) -> Table:
    accounts = access.accounts_with_invoices(request.user)
    return Table(request, LISTING, access.events_to_view(request.user), accounts=accounts, filter=EventFilter)
