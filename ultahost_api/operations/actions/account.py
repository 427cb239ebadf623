from ultahost_api.client import Client, writes
from ultahost_api.client.core.write import Write
from ultahost_api.models import Noun, Operation
from ultahost_api.operations.actions.base import WriteAction


class _OfTheAccount(WriteAction):
    noun = "account"

    def subject(self, write: Write) -> str:
        return ""


class UpdateAccount(_OfTheAccount):
    write = writes.UpdateAccount
    stale = (Noun.PROFILE,)

    def took_effect(self, client: Client, operation: Operation) -> bool | None:
        return self.shows(client.call("get_profile").data, operation)


class ChangePassword(_OfTheAccount):
    write = writes.ChangePassword


class VerifyTwoFactor(_OfTheAccount):
    write = writes.VerifyTwoFactor


class DisableTwoFactor(_OfTheAccount):
    write = writes.DisableTwoFactor
