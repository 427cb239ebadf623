"""Sealed texts: AES-256-GCM, with several sealing keys at once.

A sealed text reads ``v1.<key id>.<nonce>.<ciphertext>`` and opens only with the additional data it was
sealed with.
"""

import base64
import binascii
import hashlib
import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ultahost_api import conf

_VERSION = "v1"
_NONCE_BYTES = 12


class CannotUnseal(Exception):
    """The value was sealed for another row, with a key that is not here, or is damaged."""


def seal_text(value: str, aad: str) -> str:
    key = conf.sealing_keys()[0]
    nonce = os.urandom(_NONCE_BYTES)
    sealed = AESGCM(key).encrypt(nonce, value.encode(), aad.encode())
    return ".".join((_VERSION, key_id(key), _to_text(nonce), _to_text(sealed)))


def unseal_text(text: str, aad: str) -> str:
    try:
        version, wanted, nonce, sealed = text.split(".")
        if version != _VERSION:
            raise CannotUnseal
        key = next(key for key in conf.sealing_keys() if key_id(key) == wanted)
        return AESGCM(key).decrypt(_to_bytes(nonce), _to_bytes(sealed), aad.encode()).decode()
    except (ValueError, StopIteration, InvalidTag, binascii.Error):
        raise CannotUnseal from None


@lru_cache(maxsize=32)
def key_id(key: bytes) -> str:
    return hashlib.sha256(b"ultahost sealing key id" + key).hexdigest()[:8]


def key_ids() -> list[str]:
    """Of the keys that are set."""
    return [key_id(key) for key in conf.sealing_keys()]


def key_id_in(text: str) -> str:
    """Of the key that sealed it."""
    return text.split(".")[1]


def opens(text: str, aad: str) -> bool:
    try:
        unseal_text(text, aad)
    except CannotUnseal:
        return False
    return True


def current_prefix() -> str:
    """Of a text that is sealed with the first key."""
    return f"{_VERSION}.{key_id(conf.sealing_keys()[0])}."


def _to_text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _to_bytes(text: str) -> bytes:
    """ValueError unless it is what _to_text made: base64 overlooks strange characters and spare bits."""
    value = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if _to_text(value) != text:
        raise ValueError
    return value
