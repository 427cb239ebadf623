"""The challenges for passkeys, one for each form. Only this module knows where allauth keeps them.

allauth keeps one challenge in the session, whichever form it was made for, with what that form demanded.
So an answer to the form that demands least passes for the form that demands most. docs/security.md has more.
"""

import logging
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from hashlib import sha256
from typing import Any

from allauth.core import context
from allauth.mfa.adapter import get_adapter
from django.core.cache import cache

from portal.sign_in.allauth_internals import webauthn

log = logging.getLogger(__name__)

# Errors that the parsers also raise for hostile answers.
_UNREADABLE = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
)
_USED_KEPT = 10 * 60  # seconds; far longer than two requests overlap


class Ceremony(StrEnum):
    SIGN_IN = "sign-in"
    SECOND_FACTOR = "second-factor"
    CONFIRMATION = "confirmation"
    ADDING = "adding"

    @property
    def _session_key(self) -> str:
        return f"passkey.{self}"

    def keep(self) -> None:
        """Store the challenge that allauth has just made under this ceremony."""
        context.request.session[self._session_key] = context.request.session.pop(webauthn.STATE_SESSION_KEY)

    @contextmanager
    def answered(self) -> Iterator[None]:
        """Gives allauth this ceremony's challenge, once, whatever the result."""
        webauthn.clear_state()
        if state := self._take():
            webauthn.set_state(state)
        try:
            yield
        except _UNREADABLE as error:
            log.warning("An answer of a passkey could not be read: %s", type(error).__name__)
            raise refusal() from None
        finally:
            webauthn.clear_state()

    def _take(self) -> dict[str, Any] | None:
        """Returns the challenge only to the first of several concurrent requests."""
        state: dict[str, Any] | None = context.request.session.pop(self._session_key, None)
        if state is None:
            return None
        used = sha256(state["challenge"].encode()).hexdigest()
        return state if cache.add(f"passkey-challenge:{used}", 1, _USED_KEPT) else None


class KeepsChallenge:
    """For a view of allauth that makes a challenge when its page is drawn."""

    ceremony: Ceremony

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        self.ceremony.keep()
        return context


def refusal() -> Exception:
    error: Exception = get_adapter().validation_error("incorrect_code")
    return error


def is_verified(credential: Any) -> bool:
    """Whether the passkey asked its owner for a PIN, a finger or a face."""
    answer = webauthn.parse_authentication_response(credential)
    return bool(answer.response.authenticator_data.is_user_verified())
