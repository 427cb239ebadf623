"""The second factor of the account's own login at the provider."""

import re
from dataclasses import dataclass

from .core.caller import Caller
from .core.errors import BadAnswer
from .core.secret import Secret
from .writes.account import DisableTwoFactor, VerifyTwoFactor

_BASE32 = re.compile(r"[A-Z2-7]{16,128}=*")
_BREAKS = re.compile(r"[\s-]")  # between groups, for people


@dataclass(frozen=True, slots=True)
class TwoFactorSetup:
    """``secret`` is in capitals, without breaks.

    The answer's picture address is left out: it would send the secret to another site.
    """

    secret: Secret


class TwoFactor:
    def __init__(self, client: Caller) -> None:
        self._client = client

    def setup(self) -> TwoFactorSetup:
        """Makes a secret; nothing is on before ``verify``."""
        answer = self._client.call("setup_2fa")
        told = answer.data.get("secret") if isinstance(answer.data, dict) else None
        secret = Secret(_BREAKS.sub("", told.reveal()).upper() if isinstance(told, Secret) else "")
        if not _BASE32.fullmatch(secret.reveal()):
            raise BadAnswer("the answer holds no secret", action="setup_2fa", status=answer.status)
        return TwoFactorSetup(secret)

    def verify(self, secret: str | Secret, code: str | Secret) -> str:
        secret, code = Secret(secret), Secret(code)
        return self._client.send(VerifyTwoFactor(secret, code)).message

    def disable(self, password: str | Secret) -> str:
        password = Secret(password)
        return self._client.send(DisableTwoFactor(password)).message
