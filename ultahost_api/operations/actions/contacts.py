from ultahost_api.client import Client, writes
from ultahost_api.models import Operation
from ultahost_api.operations.actions.base import Before, Parameters, WriteAction, agrees, id_of


class CreateContact(WriteAction):
    write = writes.CreateContact
    noun = "contact"
    kept = ("contact_id", "contactid")

    def before(self, client: Client, parameters: Parameters) -> Before:
        email = parameters.get("email")
        return {"ids": [c.id for c in client.contacts.list() if _same_address(c.email, email)]}

    def took_effect(self, client: Client, operation: Operation) -> bool:
        known, email = operation.before.get("ids", []), operation.parameters.get("email")
        return any(_same_address(c.email, email) and c.id not in known for c in client.contacts.list())


class UpdateContact(WriteAction):
    write = writes.UpdateContact
    noun, id_parameter = "contact", "contactid"
    kept = ("contact_id", "contactid")

    def took_effect(self, client: Client, operation: Operation) -> bool:
        return agrees(client.call("get_contact", contactid=id_of(operation)).data, operation.parameters)


class DeleteContact(WriteAction):
    write = writes.DeleteContact
    noun, id_parameter = "contact", "contactid"
    kept = ("contact_id", "contactid")

    def took_effect(self, client: Client, operation: Operation) -> bool:
        return id_of(operation) not in {contact.id for contact in client.contacts.list()}


def _same_address(one: str, other: object) -> bool:
    return one.lower() == str(other).lower()
