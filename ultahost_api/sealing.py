"""Sealed columns: AES-256-GCM, each value bound to its row, with several sealing keys at once.

A sealed value reads ``v1.<key id>.<nonce>.<ciphertext>``. Its additional data are the table, the
column and the row's primary key, so that a ciphertext copied to another row does not open there.
"""

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.db import models, transaction

from ultahost_api import conf

_VERSION = "v1"
_NONCE_BYTES = 12


class CannotUnseal(Exception):
    """The value was sealed for another row, with a key that is not here, or is damaged."""


class SealedColumn(NamedTuple):
    """A column of text. An empty string in it means nothing is sealed."""

    model: type[models.Model]
    column: str

    def __str__(self) -> str:
        return str(self.model._meta.verbose_name_plural)

    def stale(self, current: str) -> models.QuerySet[models.Model]:
        rows = self.model._default_manager.exclude(**{self.column: ""})
        return rows.exclude(**{f"{self.column}__startswith": current})

    def reseal(self, row: models.Model) -> None:
        seal(row, self.column, unseal(row, self.column))


class SealedMember(NamedTuple):
    """A text inside a JSON column of somebody else's table, bound to a purpose for want of its row."""

    model: type[models.Model]
    column: str
    member: str
    purpose: str

    def __str__(self) -> str:
        return f"{self.model._meta.verbose_name_plural}, {self.member}"

    def stale(self, current: str) -> models.QuerySet[models.Model]:
        rows = self.model._default_manager.filter(**{f"{self.column}__has_key": self.member})
        return rows.exclude(**{f"{self.column}__{self.member}__startswith": current})

    def reseal(self, row: models.Model) -> None:
        values = getattr(row, self.column)
        values[self.member] = seal_text(unseal_text(values[self.member], self.purpose), self.purpose)


Sealed = SealedColumn | SealedMember
_register: list[Sealed] = []


def register(model: type[models.Model], column: str) -> None:
    """Make ``reseal`` walk this column."""
    _register.append(SealedColumn(model, column))


def register_member(model: type[models.Model], column: str, member: str, purpose: str) -> None:
    """Make ``reseal`` walk what ``seal_text(value, purpose)`` made, under this name in a JSON column."""
    _register.append(SealedMember(model, column, member, purpose))


def seal(row: models.Model, column: str, value: str) -> None:
    """Put ``value`` sealed into the row's column; saving is the caller's."""
    setattr(row, column, seal_text(value, _row_aad(row, column)))


def unseal(row: models.Model, column: str) -> str:
    return unseal_text(getattr(row, column), _row_aad(row, column))


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


def keyed_digest(purpose: str, value: str) -> str:
    """A hash that tells nothing without the HMAC key; each purpose has a key of its own."""
    return hmac.new(_derived(conf.hmac_key(), purpose), value.encode(), hashlib.sha256).hexdigest()


def reseal() -> Iterator[tuple[Sealed, int, int]]:
    """Seal every registered value again with the first key; yields (where, resealed, unreadable).

    Each row is its own transaction and already resealed rows are skipped, so it may be killed and run again.
    """
    current = f"{_VERSION}.{key_id(conf.sealing_keys()[0])}."
    for target in _register:
        resealed = unreadable = 0
        for pk in list(target.stale(current).values_list("pk", flat=True)):
            if _reseal_row(target, pk):
                resealed += 1
            else:
                unreadable += 1
        yield target, resealed, unreadable


def _reseal_row(target: Sealed, pk: object) -> bool:
    with transaction.atomic():
        row = target.model._default_manager.select_for_update().get(pk=pk)
        try:
            target.reseal(row)
        except CannotUnseal:
            return False
        row.save(update_fields=[target.column])
        return True


def _row_aad(row: models.Model, column: str) -> str:
    return f"{row._meta.db_table}|{column}|{row.pk}"


@lru_cache(maxsize=32)
def _derived(key: bytes, purpose: str) -> bytes:
    return HKDF(hashes.SHA256(), length=32, salt=None, info=purpose.encode()).derive(key)


def _to_text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _to_bytes(text: str) -> bytes:
    """ValueError unless it is what _to_text made: base64 overlooks strange characters and spare bits."""
    value = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if _to_text(value) != text:
        raise ValueError
    return value
