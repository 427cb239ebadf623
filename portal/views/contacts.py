from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from portal import access, http
from portal.forms.addresses import ADDRESS, MAIL_LABELS, MAILS, ContactForm, shown_of
from portal.live_reads import reading
from portal.live_reads.reading import Live
from portal.operations.form import WriteForm
from portal.operations.page import WritePage
from portal.pages import exports, live_tables
from portal.pages.live_tables import LiveList
from portal.wording import fields
from ultahost_api.client import Client, Contact, ContactDetails, writes
from ultahost_api.folding import folded
from ultahost_api.models import Account, Operation

_LIST = "contacts"  # in the live cache

SORTS: dict[str, live_tables.Key] = {
    "name": lambda contact: (folded(contact.last_name), folded(contact.first_name), contact.id),
    "email": lambda contact: folded(contact.email) or None,
}


@access.key_holders_only
@require_safe
def contacts(request: http.Request) -> HttpResponse:
    """Who else gets the provider's mails, of one account at a time."""
    choice = live_tables.choose(request, access.accounts_to_view(request.user))
    context: dict[str, Any] = {"choice": choice}
    if choice.account:
        context["may_operate"] = _may_operate(request, choice.account)
        if live_tables.is_wanted(request):
            context["live"] = read = _listed(choice.account)
            context["list"] = _listing(request, read)
    return http.page(request, "contacts/list.html", context, partials=["contacts"])


@access.key_holders_only
@require_safe
def contacts_csv(request: http.Request) -> HttpResponseBase:
    """Read now: nothing of them is kept. Its name says when Ultahost has more than are read."""
    account = live_tables.choose(request, access.accounts_to_view(request.user)).account
    if account is None:
        raise Http404
    read = _listed(account)
    if not read.is_there:
        messages.error(request, f"{read.problem} {read.said}".strip())
        return http.SeeOther(_list_url(account))
    name = "contacts.csv" if read.content.is_whole else "contacts-incomplete.csv"
    return _listing(request, read).as_csv(name, _columns(account), account)


@access.key_holders_only
@require_safe
def contact(request: http.Request, account_id: UUID, contact_id: int) -> HttpResponse:
    account = access.account_among(access.accounts_to_view(request.user), account_id)
    read = _details(account, contact_id) if live_tables.is_wanted(request) else None
    context = {
        "account": account,
        "contact_id": contact_id,
        "live": read,
        "mails": _mails(read.content) if read and read.is_there else [],
        "may_operate": _may_operate(request, account),
    }
    return http.page(request, "contacts/detail.html", context, partials=["contact"])


@access.key_holders_only
@require_http_methods(["GET", "HEAD", "POST"])
def create_contact(request: http.Request, account_id: UUID) -> HttpResponse:
    account = access.account_to_operate(request.user, account_id)
    writing = WritePage(
        request,
        account,
        writes.CreateContact,
        title=_("Add a contact"),
        verb=_("Add the contact"),
        back=_list_url(account),
        done_words=_("The contact was added."),
        template="contacts/form.html",
        on_done=_forget(account),
    )
    return writing.respond(ContactForm, lambda form: writes.CreateContact(**form.values()))


@access.key_holders_only
@require_http_methods(["GET", "HEAD", "POST"])
def edit_contact(request: http.Request, account_id: UUID, contact_id: int) -> HttpResponse:
    """The form carries what Ultahost had, and sends what the person has made different."""
    account = access.account_to_operate(request.user, account_id)
    page = reverse("contact", args=[account.pk, contact_id])
    writing = WritePage(
        request,
        account,
        writes.UpdateContact,
        title=_("Edit contact"),
        verb=_("Save"),
        back=page,
        done_words=_("The contact was changed."),
        template="contacts/form.html",
        on_done=_forget(account),
    )

    def change(form: ContactForm) -> writes.UpdateContact:
        return writes.UpdateContact(contact_id, **form.values())

    if request.method == "POST":
        return writing.respond(ContactForm, change, changing=True)
    read = _details(account, contact_id)
    if not read.is_there:
        return _unread(request, account, read, writing.title, page)
    known = shown_of(read.content, ADDRESS | MAILS)
    return writing.respond(ContactForm, change, initial=known, changing=True)


@access.key_holders_only
@require_http_methods(["GET", "HEAD", "POST"])
def delete_contact(request: http.Request, account_id: UUID, contact_id: int) -> HttpResponse:
    account = access.account_to_operate(request.user, account_id)
    page = reverse("contact", args=[account.pk, contact_id])
    read = _listed(account)
    if not read.is_there and request.method != "POST":
        return _unread(request, account, read, _("Delete contact"), page)
    found = _found(read, contact_id)
    if found is None and request.method != "POST":
        raise Http404
    writing = WritePage(
        request,
        account,
        writes.DeleteContact,
        title=_("Delete this contact?"),
        verb=_("Delete the contact"),
        back=page,
        done=_list_url(account),
        text=_("Ultahost forgets the contact, who gets no more of its mails."),
        facts=[(_("Contact"), f"{found.first_name} {found.last_name} <{found.email}>")] if found else [],
        danger=True,
        done_words=_("The contact was deleted."),
        on_done=_forget(account),
    )
    return writing.respond(WriteForm, lambda form: writes.DeleteContact(contact_id))


def _may_operate(request: http.Request, account: Account) -> bool:
    return access.accounts_to_operate(request.user).filter(pk=account.pk).exists()


def _listed(account: Account) -> Live:
    return live_tables.read_whole(account, _LIST, Contact, lambda client: client.contacts)


def _listing(request: http.Request, read: Live) -> LiveList:
    return LiveList(
        request,
        _records(read),
        text=lambda contact: f"{contact.first_name} {contact.last_name} {contact.email}",
        sorts=SORTS,
        default_sort="name",
    )


def _records(read: Live) -> tuple[Contact, ...]:
    return read.content.records if read.is_there else ()


def _columns(account: Account) -> list[exports.Column]:
    return [
        (_("Account"), lambda c: account.name),
        (_("First name"), lambda c: c.first_name),
        (_("Last name"), lambda c: c.last_name),
        (_("E-mail address"), lambda c: c.email),
        (_("Number at Ultahost"), lambda c: c.id),
        (_("Could not be read"), fields.unread_words),
    ]


def _details(account: Account, contact_id: int) -> Live:
    def get(client: Client) -> ContactDetails:
        return client.contacts.get(contact_id)

    return reading.read(account, get)


def _found(read: Live, contact_id: int) -> Contact | None:
    return next((contact for contact in _records(read) if contact.id == contact_id), None)


def _forget(account: Account) -> Any:
    def forget(operation: Operation) -> None:
        reading.forget(account, _LIST)

    return forget


def _list_url(account: Account) -> str:
    return f"{reverse('contacts')}?account={account.pk}"


def _mails(contact: ContactDetails) -> list[tuple[Any, bool | None]]:
    return [(MAIL_LABELS[name], getattr(contact, ours)) for name, ours in MAILS.items()]


def _unread(request: http.Request, account: Account, read: Live, title: str, back: str) -> HttpResponse:
    """In place of a form: why what it would show could not be read."""
    context = {"account": account, "live": read, "title": title, "back": back}
    return http.page(request, "components/unread.html", context, status=404 if read.is_missing else 200)
