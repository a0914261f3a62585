"""An authenticator made of software: passkeys as WebAuthn Level 3 lays them out, and every way of getting one wrong."""

import hashlib
import json
import os

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import bytes_to_base64url as base64url

USER_PRESENT, ATTESTED = 0x01, 0x40


class Authenticator:
    """One security key with one passkey (ES256) and its counter."""

    def __init__(self, *, rp_id="localhost", origin="http://localhost:8000", count=0):
        self.rp_id, self.origin, self.count = rp_id, origin, count
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.credential_id = os.urandom(16)

    def create(self, options):
        """Answer `navigator.credentials.create` as its JSON form."""
        numbers = self.key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        attested = bytes(16) + len(self.credential_id).to_bytes(2) + self.credential_id + cbor2.dumps(public)
        data = self._data(USER_PRESENT | ATTESTED) + attested
        statement = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", options["challenge"])
        return self._credential({"clientDataJSON": base64url(client), "attestationObject": base64url(statement)})

    def get(self, options, **changes):
        """Answer `navigator.credentials.get` as its JSON form, counting up; changes: signature."""
        self.count += 1
        data, client = self._data(USER_PRESENT), self._client("webauthn.get", options["challenge"])
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        parts = {"clientDataJSON": client, "authenticatorData": data, "signature": signature, **changes}
        return self._credential({name: base64url(part) for name, part in parts.items()})

    def _data(self, flags):
        return hashlib.sha256(self.rp_id.encode()).digest() + bytes([flags]) + self.count.to_bytes(4)

    def _client(self, kind, challenge):
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}).encode()

    def _credential(self, response):
        name = base64url(self.credential_id)
        return {"id": name, "rawId": name, "type": "public-key", "response": response, "clientExtensionResults": {}}
