"""The audit log, for admins: read, filtered and exported. No page writes it."""

from django.http import HttpResponse, HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from portal import access, http
from portal.pages.columns import Column, Listing
from portal.pages.filters import AuditFilter
from portal.pages.tables import Sorts, Table, filled
from portal.wording import formats
from portal.wording.operations import audited, details
from ultahost_api.models import Account

SORTS: Sorts = {
    "when": ["seq"],
    "who": [filled("actor_name"), "seq"],
    "account": [filled("account_name"), "seq"],
}

LISTING = Listing(
    name="audit",
    title=_("Audit log"),
    search=_("Search the log"),
    empty=_("No entries yet."),
    beneath=_("Actions of people and of the portal. Entries never change."),
    chips=_("Kind"),
    sorts=SORTS,
    default_sort="-when",
    shown=("what", "who", "account", "ip", "when"),
    columns=(
        Column("entry", _("Entry"), lambda e: e.seq),
        Column("when", _("When"), lambda e: formats.stamp(e.at), "date"),
        Column("who", _("Who"), lambda e: e.who, "state"),
        Column("what", _("What"), lambda e: e.get_act_display(), "name"),
        Column("target", _("On"), audited),
        Column("target_id", _("ID"), lambda e: e.target_id),
        Column("account", _("Account"), lambda e: e.account_name, "account-cell"),
        Column("ip", _("Address"), lambda e: e.ip, "extra"),
        Column("details", _("Details"), details),
        Column("hash", _("Hash"), lambda e: e.hash),
    ),
)


@access.admin_only
@require_safe
def audit_log(request: http.Request) -> HttpResponse:
    return _table(request).respond()


@access.admin_only
@require_safe
def audit_csv(request: http.Request) -> HttpResponseBase:
    return _table(request).as_csv()


def _table(request: http.Request) -> Table:
    rows = access.audit_to_read(request.user)
    return Table(request, LISTING, rows, accounts=Account.objects.all(), filter=AuditFilter)
