"""Time-based one-time passwords (RFC 6238: SHA-1, 30 seconds, 6 digits)."""

import base64
import binascii
import hashlib
import hmac
import secrets
import struct

STEP = 30
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def new_secret() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(16))


def code(secret: str, at: float) -> str:
    counter = struct.pack(">Q", int(at // STEP))
    digest = hmac.new(_bytes(secret), counter, hashlib.sha1).digest()
    start = digest[-1] & 0x0F
    (number,) = struct.unpack(">I", digest[start : start + 4])
    return f"{(number & 0x7FFFFFFF) % 1_000_000:06d}"


def accepts(secret: str, given: str, at: float) -> bool:
    """The code of this step or of either neighbour; a secret that is no base32 accepts nothing."""
    try:
        codes = [code(secret, at + drift) for drift in (-STEP, 0, STEP)]
    except binascii.Error:
        return False
    return any(hmac.compare_digest(known.encode(), given.encode()) for known in codes)


def _bytes(secret: str) -> bytes:
    bare = secret.replace(" ", "").upper()
    return base64.b32decode(bare + "=" * (-len(bare) % 8))
