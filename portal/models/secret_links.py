import secrets
from typing import ClassVar

from django.db import models

from ultahost_api.crypto.digests import keyed_digest


class SecretLink(models.Model):
    """A row that is found by the secret of a link. The row holds only a keyed hash of the secret."""

    purpose: ClassVar[str]  # part of the hash, so that it is valid for one purpose only

    class Meta:
        abstract = True

    @staticmethod
    def new_secret() -> str:
        return secrets.token_urlsafe(32)

    @classmethod
    def hash_of(cls, secret: str) -> str:
        return keyed_digest(cls.purpose, secret)
