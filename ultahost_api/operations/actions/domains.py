from ultahost_api.client import Client, writes
from ultahost_api.models import Noun, Operation
from ultahost_api.operations.actions.base import WriteAction, change_row, id_of


class _OfADomain(WriteAction):
    noun, id_parameter = "domain", "domainid"


class UpdateNameservers(_OfADomain):
    write = writes.UpdateNameservers


class SetLock(_OfADomain):
    write = writes.SetLock


class SetAutoRenew(_OfADomain):
    write = writes.SetAutoRenew
    stale = (Noun.DOMAINS,)

    def took_effect(self, client: Client, operation: Operation) -> bool | None:
        is_on = client.domains.get(id_of(operation)).auto_renew
        return None if is_on is None else is_on == _is_on(operation)

    def change(self, operation: Operation) -> None:
        change_row(operation, Noun.DOMAINS, auto_renew=_is_on(operation))


def _is_on(operation: Operation) -> bool:
    return bool(int(operation.parameters["autorenew"]))
