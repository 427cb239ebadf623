"""A passkey in software: what a browser would hand over, from a key pair that lives in the test."""

import json
import os
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

ORIGIN, RP_ID = "http://localhost", "localhost"
FLAGS = AuthenticatorData.FLAG


class Passkey:
    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = os.urandom(16)
        self.user = ""

    def create(self, options: dict[str, Any], *, alone: bool = True) -> str:
        """The field "credential" of the form that adds it; not ``alone``: to stand after the password."""
        told = options["creation_options"]["publicKey"]
        self.user = told["user"]["id"]
        public = AttestedCredentialData.create(
            Aaguid.NONE, self.id, ES256.from_cryptography_key(self.key.public_key())
        )
        data = self._data(FLAGS.UP | FLAGS.UV | FLAGS.AT, public)
        response = {
            "clientDataJSON": websafe_encode(self._client(CollectedClientData.TYPE.CREATE, told)),
            "attestationObject": websafe_encode(bytes(AttestationObject.create("none", data, {}))),
        }
        return self._answer(response, {"credProps": {"rk": alone}})

    def get(self, options: dict[str, Any], *, verified: bool = True) -> str:
        """The field "credential" of a form that asks for it; not ``verified``: touched without its PIN."""
        client = self._client(CollectedClientData.TYPE.GET, options["request_options"]["publicKey"])
        data = self._data(FLAGS.UP | FLAGS.UV if verified else FLAGS.UP)
        signature = self.key.sign(bytes(data) + sha256(client).digest(), ec.ECDSA(SHA256()))
        response = {
            "clientDataJSON": websafe_encode(client),
            "authenticatorData": websafe_encode(bytes(data)),
            "signature": websafe_encode(signature),
            "userHandle": self.user,
        }
        return self._answer(response, {})

    def _client(self, type_: str, told: dict[str, Any]) -> bytes:
        return bytes(CollectedClientData.create(type_, websafe_decode(told["challenge"]), ORIGIN))

    def _data(self, flags: FLAGS, public: bytes = b"") -> AuthenticatorData:
        return AuthenticatorData.create(sha256(RP_ID.encode()).digest(), flags, 0, public)

    def _answer(self, response: dict[str, str], extensions: dict[str, Any]) -> str:
        id_ = websafe_encode(self.id)
        return json.dumps(
            {
                "id": id_,
                "rawId": id_,
                "type": "public-key",
                "response": response,
                "clientExtensionResults": extensions,
            }
        )
