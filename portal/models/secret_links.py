import secrets
from typing import ClassVar

from django.db import models

from ultahost_api.crypto.digests import keyed_digest


class SecretLink(models.Model):
    """A row that a secret opens. The secret is in the link alone; the row has a keyed hash of it."""

    purpose: ClassVar[str]  # a hash of one purpose opens nothing of another

    class Meta:
        abstract = True

    @staticmethod
    def new_secret() -> str:
        return secrets.token_urlsafe(32)

    @classmethod
    def hash_of(cls, secret: str) -> str:
        return keyed_digest(cls.purpose, secret)
