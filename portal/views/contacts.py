from itertools import islice
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from portal import access, http, live, live_lists
from portal.forms.addresses import ADDRESS, MAIL_LABELS, MAILS, ContactForm, shown_of
from portal.live import Live
from portal.writing import Write
from ultahost_api.client import Client, Contact, ContactDetails
from ultahost_api.models import Account, Operation

_LIST, _MOST = "contacts", 500


@access.key_holders_only
@require_safe
def contacts(request: http.Request) -> HttpResponse:
    """Who else gets the provider's mails, of one account at a time."""
    choice = live_lists.choose(request, access.accounts_to_view(request.user))
    context: dict[str, Any] = {"choice": choice}
    if choice.account:
        context["may_operate"] = _may_operate(request, choice.account)
        if live_lists.is_wanted(request):
            context["live"] = _listed(choice.account)
    return http.page(request, "contacts/list.html", context, partials=["contacts"])


@access.key_holders_only
@require_safe
def contact(request: http.Request, account_id: UUID, contact_id: int) -> HttpResponse:
    account = access.account_among(access.accounts_to_view(request.user), account_id)
    read = _details(account, contact_id) if live_lists.is_wanted(request) else None
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
    account = access.account_among(access.accounts_to_operate(request.user), account_id)
    write = Write(
        request,
        account,
        "create_contact",
        title=_("Add a contact"),
        verb=_("Add the contact"),
        back=_list_url(account),
        done_words=_("The contact was added."),
        template="contacts/form.html",
        on_done=_forget(account),
    )
    return write.respond(ContactForm, ContactForm.values)


@access.key_holders_only
@require_http_methods(["GET", "HEAD", "POST"])
def edit_contact(request: http.Request, account_id: UUID, contact_id: int) -> HttpResponse:
    """The form carries what Ultahost had, and sends what the person has made different."""
    account = access.account_among(access.accounts_to_operate(request.user), account_id)
    page = reverse("contact", args=[account.pk, contact_id])
    write = Write(
        request,
        account,
        "update_contact",
        title=_("Edit contact"),
        verb=_("Save"),
        back=page,
        done_words=_("The contact was changed."),
        template="contacts/form.html",
        on_done=_forget(account),
    )
    if request.method == "POST":
        return write.respond(
            ContactForm, lambda form: {"contactid": contact_id} | form.values(), changing=True
        )
    read = _details(account, contact_id)
    if not read.is_there:
        return _unread(request, account, read, write.title, page)
    known = shown_of(read.content, ADDRESS | MAILS)
    return write.respond(ContactForm, initial=known, changing=True)


@access.key_holders_only
@require_http_methods(["GET", "HEAD", "POST"])
def delete_contact(request: http.Request, account_id: UUID, contact_id: int) -> HttpResponse:
    account = access.account_among(access.accounts_to_operate(request.user), account_id)
    page = reverse("contact", args=[account.pk, contact_id])
    read = _listed(account)
    if not read.is_there and request.method != "POST":
        return _unread(request, account, read, _("Delete contact"), page)
    found = _found(read, contact_id)
    if found is None and request.method != "POST":
        raise Http404
    write = Write(
        request,
        account,
        "delete_contact",
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
    return write.respond(parameters=lambda form: {"contactid": contact_id})


def _may_operate(request: http.Request, account: Account) -> bool:
    return access.accounts_to_operate(request.user).filter(pk=account.pk).exists()


def _listed(account: Account) -> Live:
    """All of them, by name: nobody has thousands."""

    def call(client: Client) -> tuple[Contact, ...]:
        found = live_lists.plain(islice(client.contacts.list(), _MOST))
        return tuple(sorted(found, key=_by_name))

    return live.read(account, _LIST, call)


def _by_name(contact: Contact) -> tuple[str, str, int]:
    return contact.last_name.casefold(), contact.first_name.casefold(), contact.id


def _details(account: Account, contact_id: int) -> Live:
    def get(client: Client) -> ContactDetails:
        return client.contacts.get(contact_id)

    return live.read(account, "contact", get, cached=False)


def _found(read: Live, contact_id: int) -> Contact | None:
    rows = read.content if read.is_there else ()
    return next((contact for contact in rows if contact.id == contact_id), None)


def _forget(account: Account) -> Any:
    def forget(operation: Operation) -> None:
        live.forget(account, _LIST)

    return forget


def _list_url(account: Account) -> str:
    return f"{reverse('contacts')}?account={account.pk}"


def _mails(contact: ContactDetails) -> list[tuple[Any, bool]]:
    return [(MAIL_LABELS[name], getattr(contact, ours)) for name, ours in MAILS.items()]


def _unread(request: http.Request, account: Account, read: Live, title: str, back: str) -> HttpResponse:
    """In place of a form: why what it would show could not be read."""
    context = {"account": account, "live": read, "title": title, "back": back}
    return http.page(request, "components/unread.html", context, status=404 if read.is_missing else 200)
