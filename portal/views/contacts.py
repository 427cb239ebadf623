from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from portal import access, http
from portal.forms.addresses import ADDRESS, MAIL_LABELS, MAILS, ContactForm, shown_of
from portal.live_reads import reading
from portal.live_reads.reading import Live
from portal.operations.form import WriteForm
from portal.operations.page import WritePage
from portal.pages import cells, live_tables, parts
from portal.pages.columns import UNREADABLE, Add, Column, Listing
from portal.pages.live_tables import Choice, LiveTable
from portal.wording.links import href
from ultahost_api.client import Contact, ContactDetails, writes
from ultahost_api.models import Account
from ultahost_api.models.folding import folded

_LIST = "contacts"  # in the live cache


def full_name(contact: Contact) -> str:
    name = f"{contact.first_name} {contact.last_name}".strip()
    return name or contact.email or f"#{contact.id}"


def text_of(contact: Contact) -> str:
    """What a search reads."""
    return f"{contact.first_name} {contact.last_name} {contact.email}"


def _name(contact: Contact, about: Mapping[str, Any]) -> object:
    link = parts.link(href("contact", about["account"], contact.id), full_name(contact))
    return link + parts.unread_mark(contact)


def _pick(contact: Contact, about: Mapping[str, Any]) -> object:
    words = gettext("Select %(row)s") % {"row": full_name(contact)}
    return parts.pick(contact.id, "switch-mails", words)


def _email(contact: Contact) -> str:
    return contact.email


LISTING = Listing(
    name="contacts",
    title=_("Contacts"),
    beneath=_("People who receive Ultahost's e-mails."),
    search=_("Search contacts"),
    before_key=_("Add an API key to see your contacts."),
    empty=_("No contacts yet. Ultahost writes only to the account's own address."),
    no_match=_("No contacts match."),
    body="contacts/_rows.html",
    sorts={
        "name": lambda contact: (folded(contact.last_name), folded(contact.first_name), contact.id),
        "email": lambda contact: folded(contact.email) or None,
    },
    default_sort="name",
    shown=("name", "email"),
    columns=(
        Column("name", _("Name"), css_class="name", cell=_name),
        Column("first_name", _("First name"), lambda c: c.first_name),
        Column("last_name", _("Last name"), lambda c: c.last_name),
        Column("email", _("E-mail address"), _email, "account-cell", cell=cells.plain("email"), tip=_email),
        Column("remote_id", _("Ultahost ID"), lambda c: c.id),
        UNREADABLE,
        Column("pick", _("Select all"), css_class="pick", cell=_pick),
    ),
)


@access.key_holders_only
@require_safe
def contacts(request: http.Request) -> HttpResponse:
    """The contacts of one account: people who receive Ultahost's e-mails."""
    choice = live_tables.choose(request, access.accounts_to_view(request.user))
    account = choice.account
    table = _table(request, choice, listed(account) if account and live_tables.is_wanted(request) else None)
    if account and _may_operate(request, account):
        table.add = Add(_("Add a contact"), reverse("create_contact", args=[account.pk]))
        table.shown = ["pick", *table.shown]
    return table.respond(account=account and account.pk, may_select="pick" in table.shown)


@access.key_holders_only
@require_safe
def contacts_csv(request: http.Request) -> HttpResponseBase:
    """Read live, because contacts are not stored. The file name says if Ultahost has more than were read."""
    choice = live_tables.choose(request, access.accounts_to_view(request.user))
    account = choice.account
    if account is None:
        raise Http404
    read = listed(account)
    if not read.is_there:
        messages.error(request, f"{read.problem} {read.said}".strip())
        return http.SeeOther(_list_url(account))
    name = "contacts.csv" if read.content.is_whole else "contacts-incomplete.csv"
    return _table(request, choice, read).as_csv(name, account)


@access.key_holders_only
@require_safe
def contact(request: http.Request, account_id: UUID, contact_id: int) -> HttpResponse:
    account = access.account_among(access.accounts_to_view(request.user), account_id)
    read = _details(account, contact_id) if live_tables.is_wanted(request) else None
    context = {
        "account": account,
        "contact_id": contact_id,
        "live": read,
        "name": full_name(read.content) if read and read.is_there else "",
        "mails": _mails(read.content) if read and read.is_there else [],
        "may_operate": _may_operate(request, account),
        "reads_besides": access.reads_besides(request.user, account),
    }
    return http.page(request, "contacts/detail.html", context, partials=["contact"])


@access.key_holders_only
@http.require_safe_or_post
def create_contact(request: http.Request, account_id: UUID) -> HttpResponse:
    account = access.account_to_operate(request.user, account_id)
    writing = WritePage(
        request,
        account,
        writes.CreateContact,
        title=gettext("Add a contact"),
        verb=gettext("Add the contact"),
        back=_list_url(account),
        template="components/form_page.html",
        on_done=lambda operation: reading.forget(account, _LIST),
    )
    return writing.respond(ContactForm, lambda form: writes.CreateContact(**form.values()))


@access.key_holders_only
@http.require_safe_or_post
def edit_contact(request: http.Request, account_id: UUID, contact_id: int) -> HttpResponse:
    """The form holds the values that Ultahost had; only fields that the person changed are sent."""
    account = access.account_to_operate(request.user, account_id)
    page = reverse("contact", args=[account.pk, contact_id])
    writing = WritePage(
        request,
        account,
        writes.UpdateContact,
        title=gettext("Edit contact"),
        verb=gettext("Save"),
        back=page,
        template="components/form_page.html",
        on_done=lambda operation: reading.forget(account, _LIST),
    )

    def change(form: ContactForm) -> writes.UpdateContact:
        return writes.UpdateContact(contact_id, **form.values())

    if request.method == "POST":
        return writing.respond(ContactForm, change, changing=True)
    read = _details(account, contact_id)
    if not read.is_there:
        return live_tables.unread_page(request, account, read, writing.title, page)
    known = shown_of(read.content, ADDRESS | MAILS)
    return writing.respond(ContactForm, change, initial=known, changing=True)


@access.key_holders_only
@http.require_safe_or_post
def delete_contact(request: http.Request, account_id: UUID, contact_id: int) -> HttpResponse:
    account = access.account_to_operate(request.user, account_id)
    page = reverse("contact", args=[account.pk, contact_id])
    read = listed(account)
    if not read.is_there and request.method != "POST":
        return live_tables.unread_page(request, account, read, gettext("Delete contact"), page)
    found = next((contact for contact in live_tables.records_of(read) if contact.id == contact_id), None)
    if found is None and request.method != "POST":
        raise Http404
    writing = WritePage(
        request,
        account,
        writes.DeleteContact,
        title=gettext("Delete this contact?"),
        verb=gettext("Delete the contact"),
        back=page,
        done=_list_url(account),
        text=gettext("Ultahost deletes the contact and sends it no more e-mails."),
        facts=[(_("Contact"), f"{found.first_name} {found.last_name} <{found.email}>")] if found else [],
        danger=True,
        on_done=lambda operation: reading.forget(account, _LIST),
    )
    return writing.respond(WriteForm, lambda form: writes.DeleteContact(contact_id))


def _may_operate(request: http.Request, account: Account) -> bool:
    return access.accounts_to_operate(request.user).contains(account)


def listed(account: Account) -> Live:
    return live_tables.read_whole(account, _LIST, Contact, lambda client: client.contacts)


def _table(request: http.Request, choice: Choice, read: Live | None) -> LiveTable:
    of_account = Column("account", _("Account"), lambda contact: choice.account)
    return LiveTable(
        request,
        replace(LISTING, columns=[of_account, *LISTING.columns]),
        read,
        account=choice.account,
        choice=choice,
        text=text_of,
    )


def _details(account: Account, contact_id: int) -> Live:
    return reading.read(account, lambda client: client.contacts.get(contact_id))


def _list_url(account: Account) -> str:
    return f"{reverse('contacts')}?account={account.pk}"


def _mails(contact: ContactDetails) -> list[tuple[Any, bool | None]]:
    return [(MAIL_LABELS[name], getattr(contact, ours)) for name, ours in MAILS.items()]
