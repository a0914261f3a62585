"""Reference client in Python: makes ballots (open and sealed) and checks receipts and inclusion proofs.

Needs Python 3.11 and `cryptography`, nothing of the server's code. The JavaScript twin is mvoting.mjs; both give the same
bytes. Sources: RFC 9180 (HPKE: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM), RFC 8785 (canonical JSON),
RFC 6962 (Merkle trees), RFC 8032 (Ed25519).
"""

import base64
import hashlib
import hmac
import json
import secrets
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


def canonical_json(value: Any) -> bytes:
    """Give the one byte form of whatever is hashed or signed: sorted keys, no blanks, no fractions."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def definition_hash(definition: dict[str, Any]) -> str:
    """Hash what a ballot answers."""
    return hashlib.sha256(canonical_json(definition)).hexdigest()


def open_ballot(
    definition: dict[str, Any], choices: dict[str, Any], *, revision: int = 0, cast_id: str = "", nonce: str = ""
) -> tuple[dict[str, Any], str]:
    """Make the body of a cast and its leaf. Keep both; send the same body again until it is answered."""
    hashed, nonce = definition_hash(definition), nonce or secrets.token_hex(16)
    committed = b"mvoting open ballot v1\0" + bytes.fromhex(hashed) + bytes.fromhex(nonce) + canonical_json(choices)
    cast_id = cast_id or secrets.token_hex(16)
    body = {"definition_hash": hashed, "revision": revision, "cast_id": cast_id, "nonce": nonce, "choices": choices}
    return body, hashlib.sha256(committed).hexdigest()


def sealed_ballot(
    definition: dict[str, Any],
    choices: dict[str, Any],
    *,
    revision: int = 0,
    cast_id: str = "",
    ephemeral: X25519PrivateKey | None = None,
) -> tuple[dict[str, Any], str]:
    """Make the body of a cast in a sealed poll and its leaf."""
    hashed, content, sealing = definition_hash(definition), canonical_json(choices), definition["sealing"]
    if len(content) + 2 > sealing["padded_bytes"]:
        raise ValueError("the choices are longer than a sealed ballot of this poll")
    padded = (len(content).to_bytes(2, "big") + content).ljust(sealing["padded_bytes"], b"\0")
    info = b"mvoting sealed ballot v1\0" + definition["poll"].encode() + b"\0" + bytes.fromhex(hashed)
    ciphertext = hpke_seal(bytes.fromhex(sealing["public_key"]), info, b"", padded, ephemeral)
    leaf = hashlib.sha256(b"mvoting sealed ballot v1\0" + bytes.fromhex(hashed) + ciphertext).hexdigest()
    sealed = base64.urlsafe_b64encode(ciphertext).decode().rstrip("=")
    return {"definition_hash": hashed, "revision": revision, "cast_id": cast_id or secrets.token_hex(16), "sealed": sealed}, leaf


# HPKE, base mode, one message (RFC 9180, sections 4 to 6)

_KEM_SUITE, _HPKE_SUITE = b"KEM\x00\x20", b"HPKE\x00\x20\x00\x01\x00\x01"


def hpke_seal(recipient: bytes, info: bytes, aad: bytes, plaintext: bytes, ephemeral: X25519PrivateKey | None = None) -> bytes:
    """Seal one message; only tests with published vectors give `ephemeral`. Shape: encapsulated key ‖ ciphertext."""
    ephemeral = ephemeral or X25519PrivateKey.generate()
    enc = ephemeral.public_key().public_bytes_raw()
    shared = ephemeral.exchange(X25519PublicKey.from_public_bytes(recipient))
    secret = _expand(_KEM_SUITE, _extract(_KEM_SUITE, b"", b"eae_prk", shared), b"shared_secret", enc + recipient, 32)
    context = b"\0" + _extract(_HPKE_SUITE, b"", b"psk_id_hash", b"") + _extract(_HPKE_SUITE, b"", b"info_hash", info)
    schedule = _extract(_HPKE_SUITE, secret, b"secret", b"")
    key, nonce = _expand(_HPKE_SUITE, schedule, b"key", context, 16), _expand(_HPKE_SUITE, schedule, b"base_nonce", context, 12)
    return enc + AESGCM(key).encrypt(nonce, plaintext, aad)


def _extract(suite: bytes, salt: bytes, label: bytes, material: bytes) -> bytes:
    return hmac.digest(salt, b"HPKE-v1" + suite + label + material, "sha256")


def _expand(suite: bytes, key: bytes, label: bytes, info: bytes, length: int) -> bytes:
    labeled = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    return hmac.digest(key, labeled + b"\x01", "sha256")[:length]  # never more than one block here


# Receipts, heads, proofs

_DOMAINS = {"receipt": b"mvoting receipt v1\n", "head": b"mvoting tree head v1\n"}


def is_signed(kind: str, document: dict[str, Any], keys: dict[str, str]) -> bool:
    """Tell whether a receipt or a head is signed by one of the board's keys (hex by kid)."""
    fields = {name: value for name, value in document.items() if name not in ("kid", "signature")}
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(keys[document["kid"]]))
        key.verify(bytes.fromhex(document["signature"]), _DOMAINS[kind] + canonical_json(fields))
    except (InvalidSignature, KeyError, ValueError):
        return False
    return True


def is_included(inclusion: dict[str, Any]) -> bool:
    """Tell whether an inclusion proof, as GET …/board/leaves/{leaf} answers it, leads to its head."""
    computed = hashlib.sha256(b"\0" + canonical_json(inclusion["entry"])).digest()
    position, last = inclusion["index"], inclusion["head"]["size"] - 1
    if not 0 <= position <= last:
        return False
    for sibling in map(bytes.fromhex, inclusion["proof"]):
        if last == 0 or len(sibling) != 32:
            return False
        if position & 1 or position == last:
            computed = hashlib.sha256(b"\1" + sibling + computed).digest()
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            computed = hashlib.sha256(b"\1" + computed + sibling).digest()
        position, last = position >> 1, last >> 1
    return last == 0 and computed.hex() == inclusion["head"]["root"]


def is_consistent(earlier: dict[str, Any], later: dict[str, Any], proof: list[str]) -> bool:
    """Tell whether a kept head is an earlier state of the board under a later one; the proof as GET …/board/consistency gives it."""
    size1, size2 = earlier["size"], later["size"]
    if not 0 <= size1 <= size2:
        return False
    if size1 in (0, size2):
        return not proof and (size1 == 0 or earlier["root"] == later["root"])
    hashes = [bytes.fromhex(h) for h in proof]
    position, last = size1 - 1, size2 - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    if position == 0:  # the earlier tree is one whole subtree of the later one
        hashes.insert(0, bytes.fromhex(earlier["root"]))
    if not hashes or any(len(h) != 32 for h in hashes):
        return False
    first = second = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            first, second = (hashlib.sha256(b"\1" + sibling + h).digest() for h in (first, second))
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            second = hashlib.sha256(b"\1" + second + sibling).digest()
        position, last = position >> 1, last >> 1
    return last == 0 and first.hex() == earlier["root"] and second.hex() == later["root"]
