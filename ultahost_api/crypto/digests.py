"""Digests that tell nothing without the HMAC key."""

import hashlib
import hmac
from functools import lru_cache

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ultahost_api import conf


def keyed_digest(purpose: str, value: str) -> str:
    """A hash that tells nothing without the HMAC key; each purpose has a key of its own."""
    return hmac.new(_derived(conf.hmac_key(), purpose), value.encode(), hashlib.sha256).hexdigest()


@lru_cache(maxsize=32)
def _derived(key: bytes, purpose: str) -> bytes:
    return HKDF(hashes.SHA256(), length=32, salt=None, info=purpose.encode()).derive(key)
