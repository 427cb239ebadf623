"""Sealed columns: AES-256-GCM, each value bound to its row, with several sealing keys at once.

A sealed value reads ``v1.<key id>.<nonce>.<ciphertext>``. Its additional data are the table, the
column and the row's primary key, so that a ciphertext copied to another row does not open there.
"""

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Container, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.db import models

from ultahost_api import conf

_VERSION = "v1"
_NONCE_BYTES = 12


class CannotUnseal(Exception):
    """The value was sealed for another row, with a key that is not here, or is damaged."""


class SealedColumn(NamedTuple):
    """A column of text, bound to its row. An empty string in it means nothing is sealed."""

    model: type[models.Model]
    column: str

    def __str__(self) -> str:
        return str(self.model._meta.verbose_name_plural)

    @property
    def path(self) -> str:
        return self.column

    @property
    def rows(self) -> models.QuerySet[models.Model]:
        return self.model._default_manager.exclude(**{self.column: ""})

    def aad(self, pk: object) -> str:
        return _row_aad(self.model, self.column, pk)

    def text_in(self, value: Any) -> str:
        return str(value)

    def put(self, text: str, value: Any) -> Any:
        return text


class SealedMember(NamedTuple):
    """A text inside a JSON column of somebody else's table, bound to a purpose for want of its row."""

    model: type[models.Model]
    column: str
    member: str
    purpose: str

    def __str__(self) -> str:
        return f"{self.model._meta.verbose_name_plural}, {self.member}"

    @property
    def path(self) -> str:
        return f"{self.column}__{self.member}"

    @property
    def rows(self) -> models.QuerySet[models.Model]:
        return self.model._default_manager.filter(**{f"{self.column}__has_key": self.member})

    def aad(self, pk: object) -> str:
        return self.purpose

    def text_in(self, value: Any) -> str:
        return str(value[self.member])

    def put(self, text: str, value: Any) -> Any:
        return {**value, self.member: text}


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
    setattr(row, column, seal_text(value, _row_aad(type(row), column, row.pk)))


def unseal(row: models.Model, column: str) -> str:
    return unseal_text(getattr(row, column), _row_aad(type(row), column, row.pk))


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


def keyed_digest(purpose: str, value: str) -> str:
    """A hash that tells nothing without the HMAC key; each purpose has a key of its own."""
    return hmac.new(_derived(conf.hmac_key(), purpose), value.encode(), hashlib.sha256).hexdigest()


def values(tables: Container[str]) -> Iterator[tuple[str, str]]:
    """Every registered sealed value with its additional data, of the tables that there are."""
    for target in _register:
        if target.model._meta.db_table in tables:
            for pk, value in target.rows.values_list("pk", target.column).iterator():
                yield target.text_in(value), target.aad(pk)


def opens(text: str, aad: str) -> bool:
    try:
        unseal_text(text, aad)
    except CannotUnseal:
        return False
    return True


def reseal() -> Iterator[tuple[Sealed, int, int]]:
    """Seal every registered value again with the first key; yields (where, resealed, unreadable).

    Each row is one statement and resealed rows are skipped, so it may be killed and run again. What others
    still write with an older key meanwhile is resealed as well.
    """
    for target in _register:
        resealed, unreadable = 0, set[object]()
        while stale := set(_stale(target).values_list("pk", flat=True)) - unreadable:
            for pk in stale:
                try:
                    resealed += _reseal_row(target, pk)
                except CannotUnseal:
                    unreadable.add(pk)
        yield target, resealed, len(unreadable)


def _stale(target: Sealed) -> models.QuerySet[models.Model]:
    return target.rows.exclude(**{f"{target.path}__startswith": _prefix()})


def _reseal_row(target: Sealed, pk: object) -> bool:
    """False when somebody deleted, wiped or replaced it meanwhile: their word stands."""
    found = list(_stale(target).filter(pk=pk).values_list(target.column, flat=True))
    if not found:
        return False
    (value,) = found
    again = seal_text(unseal_text(target.text_in(value), target.aad(pk)), target.aad(pk))
    # Not by saving the row, nor without asking whether the column still holds what was read.
    untouched = target.model._default_manager.filter(pk=pk, **{target.column: value})
    return bool(untouched.update(**{target.column: target.put(again, value)}))


def _prefix() -> str:
    return f"{_VERSION}.{key_id(conf.sealing_keys()[0])}."


def _row_aad(model: type[models.Model], column: str, pk: object) -> str:
    return f"{model._meta.db_table}|{column}|{pk}"


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
