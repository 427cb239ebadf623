from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.utils.html import conditional_escape
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from portal import access, http
from portal.live_reads import reading
from portal.live_reads.reading import Live
from portal.pages import cells, live_tables, parts
from portal.pages.columns import ACCOUNT, REMOTE_ID, UNREADABLE, Column, Listing
from portal.pages.filters import EmailFilter
from portal.pages.foreign_html import document, framed
from portal.pages.tables import Table
from portal.queries import related
from portal.queries.freshness import Freshness
from portal.wording.translated import Translated
from ultahost_api.models import Account, Email, Noun
from ultahost_api.models.sorting import Filled
from ultahost_api.refresh import schedule

_BLANK = Translated({"subject": _("No subject")})


def _subject(email: Email) -> str:
    return email.subject or _BLANK["subject"]


_link = cells.name("email", "account_id", "remote_id", text=_subject)


def _name(email: Email, about: Mapping[str, Any]) -> object:
    """A link where the mail itself may be read."""
    if email.account_id in about["readable"]:
        return _link(email, about)
    return conditional_escape(_subject(email)) + parts.unread_mark(email)


LISTING = Listing(
    name="emails",
    title=_("E-mails"),
    search=_("Search subjects"),
    before_key=_("Add an API key to see your e-mails."),
    empty=_("Ultahost has sent no e-mails to the accounts you can see."),
    sorts={
        "subject": [Filled("subject"), "remote_id"],
        "account": [Filled("account__name"), "date"],
        "date": ["date", "remote_id"],
    },
    default_sort="-date",
    shown=("subject", "account", "date"),
    columns=(
        ACCOUNT,
        Column("subject", _("Subject"), lambda e: e.subject, "name", cell=_name),
        Column("date", _("Sent"), lambda e: e.date, "date", cell=cells.moment("date")),
        REMOTE_ID,
        UNREADABLE,
    ),
)


@access.key_holders_only
@require_safe
def emails(request: http.Request) -> HttpResponse:
    """The log of e-mails that Ultahost has sent. Their bodies are read live and never stored."""
    table = _table(request)
    schedule.watch(table.accounts)
    return table.respond(readable={account.pk for account in access.accounts_to_operate(request.user)})


@access.key_holders_only
@require_safe
def emails_csv(request: http.Request) -> HttpResponseBase:
    return _table(request).as_csv()


@access.key_holders_only
@require_safe
def email(request: http.Request, account_id: UUID, email_id: int) -> HttpResponse:
    account = access.account_to_operate(request.user, account_id)
    read = _read(account, email_id) if live_tables.is_wanted(request) else None
    row = access.emails_to_view(request.user).filter(account=account, remote_id=email_id).first()
    context = {
        "account": account,
        "email_id": email_id,
        "live": read,
        "related": related.of_email(request.user, row) if row else [],
    }
    return http.page(request, "emails/detail.html", context, partials=["email"])


@framed
@access.key_holders_only
@require_safe
def email_body(request: http.Request, account_id: UUID, email_id: int) -> HttpResponse:
    """The body, read only for this response, because it can hold passwords."""
    account = access.account_to_operate(request.user, account_id)
    return document(request, _read(account, email_id), lambda email: email.message)


def _read(account: Account, email_id: int) -> Live:
    return reading.read(account, lambda client: client.emails.get(email_id))


def _table(request: http.Request) -> Table:
    accounts = access.accounts_to_view(request.user)
    return Table(
        request,
        LISTING,
        access.emails_to_view(request.user),
        accounts=accounts,
        filter=EmailFilter,
        freshness=Freshness(Noun.EMAILS, accounts),
    )
