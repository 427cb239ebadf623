"""The audit log, for admins: read, filtered and exported, and written by nobody from here."""

from django.http import HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal import access, http
from portal.pages import exports
from portal.pages.filters import AuditFilter
from portal.pages.tables import ListPage, Sorts, filled
from portal.wording.operations import audited, details
from ultahost_api.models import Account

SORTS: Sorts = {
    "when": ["seq"],
    "who": [filled("actor_name"), "seq"],
    "account": [filled("account_name"), "seq"],
}


@access.admin_only
@require_safe
def audit_log(request: http.Request) -> HttpResponse:
    return http.page(request, "audit/list.html", {"list": _listing(request)}, partials=["audit"])


@access.admin_only
@require_safe
def audit_csv(request: http.Request) -> HttpResponseBase:
    return _listing(request).as_csv("audit.csv", _columns())


def _listing(request: http.Request) -> ListPage:
    return ListPage(
        request,
        access.audit_to_read(request.user),
        accounts=Account.objects.all(),
        filter_class=AuditFilter,
        sorts=SORTS,
        default_sort="-when",
    )


def _columns() -> list[exports.Column]:
    return [
        (_("Entry"), lambda e: e.seq),
        (_("When"), lambda e: e.at.isoformat(timespec="seconds")),
        (_("Who"), lambda e: e.who),
        (_("What"), lambda e: e.get_act_display()),
        (_("On"), audited),
        (_("Its id"), lambda e: e.target_id),
        (_("Account"), lambda e: e.account_name),
        (_("Address"), lambda e: e.ip),
        (_("Details"), details),
        (_("Hash"), lambda e: e.hash),
    ]
