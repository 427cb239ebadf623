"""Switching kinds of e-mail for many selected contacts of one account: one confirmation, and a batch."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from portal import access, http
from portal.forms.selected_contacts import SelectedMailsForm
from portal.models import User
from portal.operations.together_page import BulkWrite, Rows, TogetherPage
from portal.pages import cells, live_tables, parts
from portal.pages.columns import ACCOUNT, Column
from portal.pages.selection import MOST, Selection
from portal.views.contacts import full_name, listed, text_of
from portal.wording.links import href
from ultahost_api.client import Contact, writes
from ultahost_api.models import Account


@dataclass(frozen=True, slots=True)
class _Row:
    """A contact as a batch takes its rows; without a ``contact`` it is no longer at Ultahost."""

    account: Account
    remote_id: int
    contact: Contact | None
    unreadable: dict[str, str] = field(default_factory=dict)

    @property
    def pk(self) -> int:
        return self.remote_id

    @property
    def account_id(self) -> UUID:
        return self.account.pk

    @property
    def is_gone(self) -> bool:
        return self.contact is None

    @property
    def email(self) -> str:
        return self.contact.email if self.contact else ""

    def __str__(self) -> str:
        return full_name(self.contact) if self.contact else f"#{self.remote_id}"


def _counted(count: int) -> str:
    return ngettext("%(count)s contact", "%(count)s contacts", count) % {"count": count}


def _link(row: _Row, _about: Any) -> object:
    return parts.link(href("contact", row.account.pk, row.remote_id), row)


_COLUMNS = (
    Column("name", gettext_lazy("Name"), css_class="name", cell=_link),
    Column("email", gettext_lazy("E-mail address"), css_class="extra", cell=cells.plain("email")),
    ACCOUNT,
)


def _words(count: int) -> tuple[str, str]:
    title = ngettext("Switch e-mails of %(count)s contact", "Switch e-mails of %(count)s contacts", count)
    return title % {"count": count}, _("Switch e-mails")


_MAILS = BulkWrite(
    writes.UpdateContact,
    lambda form, row: writes.UpdateContact(row.remote_id, **form.kinds),
    _words,
    SelectedMailsForm,
    text=gettext_lazy("Only the kinds that you turn on or off are changed."),
    noted=lambda row: {"name": str(row)},
)


def _selected(account: Account, contacts: Iterable[Contact], user: User, data: QueryDict) -> Selection:
    """The ticked ones, or all that the search of the list finds."""
    known = {contact.id: contact for contact in contacts}
    if data.get("all"):
        ids = [contact.id for contact in live_tables.searched(known.values(), text_of, data.get("q", ""))]
    else:
        ids = _ids(data.getlist("row"))
        if len(ids) > MOST:
            raise Http404
    rows = [_Row(account, number, known.get(number)) for number in ids]
    return Selection(sorted(rows, key=lambda row: (str(row).casefold(), row.remote_id)))


def _ids(told: list[str]) -> list[int]:
    if not all(one.isascii() and one.isdecimal() and len(one) < 19 for one in told):
        raise Http404
    return list(dict.fromkeys(map(int, told)))


@access.key_holders_only
@http.require_safe_or_post
def switch_mails(request: http.Request, account_id: UUID) -> HttpResponse:
    account = access.account_to_operate(request.user, account_id)
    back = f"{reverse('contacts')}?account={account.pk}"
    read = listed(account)
    if not read.is_there:
        return live_tables.unread_page(request, account, read, _("Switch e-mails"), back)
    select = partial(_selected, account, live_tables.records_of(read))
    return TogetherPage(request, Rows(select, _COLUMNS, _counted), _MAILS, back).respond()
