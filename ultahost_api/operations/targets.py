"""What an operation is about: the same write on the same target is its twin."""

import json
from collections.abc import Mapping

from ultahost_api.client import ACTIONS, Secret
from ultahost_api.crypto.digests import keyed_digest

_ID_PARAMETERS = ("serviceid", "invoiceid", "domainid", "quoteid", "contactid", "paymethodid")
_WHOLE_ACCOUNT = {"update_account", "change_password", "setup_2fa", "verify_2fa", "disable_2fa"}


def remote_id_of(parameters: Mapping[str, object]) -> int | None:
    for name in _ID_PARAMETERS:
        if isinstance(value := parameters.get(name), int):
            return value
    return None


def target_of(action: str, parameters: Mapping[str, object]) -> str:
    """``invoice 12``; for creates, which have no id yet, a keyed digest of what is not secret in them."""
    if action in _WHOLE_ACCOUNT:
        return "account"
    for name in _ID_PARAMETERS:
        if name in parameters:
            noun = {"paymethodid": "payment method"}.get(name, name.removesuffix("id"))
            command = f" {parameters['func_name']}" if "func_name" in parameters else ""
            return f"{noun} {parameters[name]}{command}"
    plain = json.dumps(without_secrets(action, parameters), sort_keys=True, default=str)
    return keyed_digest("operation target", plain)


def without_secrets(action: str, parameters: Mapping[str, object]) -> dict[str, object]:
    """The parameters as they may be stored: the names of the secret ones are left out as well."""
    secret = ACTIONS[action].secret_parameters
    return {
        name: value
        for name, value in parameters.items()
        if name not in secret and value is not None and not isinstance(value, Secret)
    }
