from ultahost_api.client import Client, Contact, writes
from ultahost_api.client.core import wire
from ultahost_api.models import Operation
from ultahost_api.operations.actions.base import Before, Parameters, WriteAction, id_of


class _OfAContact(WriteAction):
    noun = "contact"
    kept = ("contact_id", "contactid")


class CreateContact(_OfAContact):
    write = writes.CreateContact

    def before(self, client: Client, parameters: Parameters) -> Before:
        email = parameters.get("email")
        return {"ids": [c.id for c in client.contacts.list() if _same_address(c.email, email)]}

    def took_effect(self, client: Client, operation: Operation) -> bool | None:
        known, email = operation.before.get("ids", []), operation.parameters.get("email")
        contacts, is_whole = _contacts(client)
        if any(_same_address(contact.email, email) and contact.id not in known for contact in contacts):
            return True
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
        contacts, is_whole = _contacts(client)
        if id_of(operation) in {contact.id for contact in contacts}:
            return False
        return True if is_whole else None


def _contacts(client: Client) -> tuple[list[Contact], bool]:
    """All that can be read, and whether there are no others."""
    listing = client.contacts.list()
    pages = list(listing.pages())
    contacts = [contact for page in pages for contact in page.records]
    return contacts, listing.clean and not any(page.rejected for page in pages)


def _same_address(one: str, other: object) -> bool:
    return one.lower() == str(other).lower()
