"""All internals of allauth that the portal uses, where allauth has no public interface.

pyproject.toml bounds allauth's version, and tests/portal/test_allauth_internals.py fails when one moves.
"""

from allauth.account.internal.flows.password_reset import finalize_password_reset, request_password_reset
from allauth.account.internal.flows.reauthentication import (
    STATE_SESSION_KEY,
    did_recently_reauthenticate,
    reauthenticate_by_password,
)
from allauth.core.internal import ratelimit  # its public wrapper lets every GET pass
from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY, generate_totp_secret
from allauth.mfa.webauthn.internal import auth as webauthn

__all__ = [
    "SECRET_SESSION_KEY",
    "STATE_SESSION_KEY",
    "did_recently_reauthenticate",
    "finalize_password_reset",
    "generate_totp_secret",
    "normalize_user_code",
    "ratelimit",
    "reauthenticate_by_password",
    "request_password_reset",
    "webauthn",
]
