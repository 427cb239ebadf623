"""The audit log, for admins: read, filtered and exported. No page writes it."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.utils.html import conditional_escape, format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_safe

from portal import access, http
from portal.models import Act, AuditEntry
from portal.pages import cells, parts
from portal.pages.columns import Column, Listing
from portal.pages.filters import AuditFilter
from portal.pages.tables import Table
from portal.wording import formats
from portal.wording.links import href
from portal.wording.operations import audited, details
from portal.wording.translated import Translated
from ultahost_api.models import Account
from ultahost_api.models.sorting import Filled

Noun = AuditEntry.Noun

# Only objects that are never deleted; a removed key has no page.
_PAGES = {
    Noun.SIGN_IN: "person",
    Noun.PERSON: "person",
    Noun.OPERATION: "operation",
    Noun.DOMAIN: "domain",
    Noun.SHARE_LINK: "share_link",
}
_ACTS = Translated(dict(Act.choices))


def _what(entry: AuditEntry, _about: Mapping[str, Any]) -> str:
    """The action and its object, with a link to the object's page if there is one."""
    act, target = _ACTS.get(entry.act), audited(entry)
    words = f"{act}: {target}" if target else act
    page = _PAGES.get(Noun(entry.noun)) if entry.target_id else None
    told = parts.link(href(page, entry.target_id), words) if page else conditional_escape(words)
    return format_html("{} <small>{}</small>", told, details(entry)) if entry.details else told


def _account(entry: AuditEntry, _about: Mapping[str, Any]) -> str:
    return parts.account(entry.account_name) if entry.account_name else ""


def _address(entry: AuditEntry, _about: Mapping[str, Any]) -> str:
    return format_html("<code>{}</code>", entry.ip) if entry.ip else ""


LISTING = Listing(
    name="audit",
    head=_("History"),
    tabs="changes/_tabs.html",
    title=_("Audit log"),
    search=_("Search the log"),
    empty=_("No entries yet."),
    beneath=_("Actions of people and of the portal. Entries never change."),
    chips=_("Kind"),
    sorts={
        "when": ["seq"],
        "who": [Filled("actor_name"), "seq"],
        "account": [Filled("account_name"), "seq"],
    },
    default_sort="-when",
    shown=("what", "who", "account", "ip", "when"),
    columns=(
        Column("entry", _("Entry"), lambda e: e.seq),
        Column("when", _("When"), lambda e: formats.stamp(e.at), "date", cell=cells.when("at")),
        Column("who", _("Who"), lambda e: e.who, "state", cell=cells.plain("who")),
        Column("what", _("What"), lambda e: e.get_act_display(), "name", cell=_what),
        Column("target", pgettext_lazy("column", "On"), audited),
        Column("target_id", _("ID"), lambda e: e.target_id),
        Column("account", _("Account"), lambda e: e.account_name, "account-cell", cell=_account),
        Column("ip", _("Address"), lambda e: e.ip, "extra", cell=_address),
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
