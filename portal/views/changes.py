from django.http import HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal import access, http
from portal.pages import exports
from portal.pages.filters import EventFilter
from portal.pages.tables import ListPage, Sorts
from portal.queries import history
from portal.wording import events

SORTS: Sorts = {"when": ["at"]}


@require_safe
def changes(request: http.Request) -> HttpResponse:
    """What the refreshes saw change at Ultahost, the newest first."""
    listing = _listing(request)
    context = {"list": listing, "entries": history.feed(listing.page)}
    return http.page(request, "changes/list.html", context, partials=["changes"])


@require_safe
def changes_csv(request: http.Request) -> HttpResponseBase:
    return _listing(request).as_csv("changes.csv", _columns())


def _listing(request: http.Request) -> ListPage:
    return ListPage(
        request,
        access.events_to_view(request.user),
        accounts=access.accounts_with_invoices(request.user),
        filter_class=EventFilter,
        sorts=SORTS,
        default_sort="-when",
    )


def _columns() -> list[exports.Column]:
    return [
        (_("When"), lambda e: e.at.isoformat(timespec="seconds")),
        (_("Account"), lambda e: e.account.name),
        (_("What"), lambda e: e.get_noun_display()),
        (_("Name"), lambda e: e.name),
        (_("Number at Ultahost"), lambda e: e.remote_id),
        (_("Kind"), lambda e: e.get_kind_display()),
        (_("Change"), events.words),
    ]
