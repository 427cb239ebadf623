from ultahost_api.client import Client, Contact, NotFound, Rejected, writes
from ultahost_api.client.core import wire
from ultahost_api.models import Operation
from ultahost_api.operations.actions.base import (
    Before,
    Parameters,
    WriteAction,
    id_of,
    may_be_older,
    unread,
)

_MOST_PAGES = 10


class _OfAContact(WriteAction):
    noun = "contact"
    kept = ("contact_id", "contactid")


class CreateContact(_OfAContact):
    write = writes.CreateContact

    def before(self, client: Client, parameters: Parameters) -> Before:
        contacts, rejected, is_clean = _contacts(client)
        return {"ids": [contact.id for contact in contacts]} | unread(rejected, is_whole=is_clean)

    def took_effect(self, client: Client, operation: Operation) -> bool | None:
        """None as well if a new one may be one that could not be read before."""
        before, email = operation.before, operation.parameters.get("email")
        contacts, rejected, is_clean = _contacts(client)
        known = {*before.get("ids", [])}
        if any(_same_address(contact.email, email) and contact.id not in known for contact in contacts):
            return None if may_be_older(before, rejected) else True
        is_whole = is_clean and not rejected
        return False if is_whole and not any("email" in contact.unreadable for contact in contacts) else None


class UpdateContact(_OfAContact):
    write = writes.UpdateContact
    id_parameter = "contactid"

    def took_effect(self, client: Client, operation: Operation) -> bool | None:
        told = client.call("get_contact", contactid=id_of(operation)).data
        is_other = isinstance(told, dict) and wire.integer_or_none(told.get("id")) != operation.remote_id
        return None if is_other else self.shows(told, operation)


class DeleteContact(_OfAContact):
    write = writes.DeleteContact
    id_parameter = "contactid"

    def took_effect(self, client: Client, operation: Operation) -> bool | None:
        """Asked for by its id, however many there are."""
        try:
            told = client.call("get_contact", contactid=id_of(operation)).data
        except NotFound:
            return True
        is_there = isinstance(told, dict) and wire.integer_or_none(told.get("id")) == operation.remote_id
        return False if is_there else None


def _contacts(client: Client) -> tuple[list[Contact], list[Rejected], bool]:
    """Those that can be read, the others, and whether these are all: a person waits for this."""
    listing = client.contacts.list()
    pages = []
    for page in listing.pages():
        pages.append(page)
        # Only a listing that is asked again after its last page tells whether it is clean.
        if len(pages) == _MOST_PAGES and page.next_offset is not None:
            break
    contacts = [contact for page in pages for contact in page.records]
    return contacts, [row for page in pages for row in page.rejected], listing.clean


def _same_address(one: str, other: object) -> bool:
    return one.lower() == str(other).lower()
