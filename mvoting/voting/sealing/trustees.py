"""The key ceremony of a sealed poll: dealing, shares as printed text, commitments, joining.

A share's *commitment* is an Ed25519 public key derived from it: anyone can check a share against it, it tells nothing
about the share, and a trustee can sign with the share without giving it away.
"""

import base64
import binascii
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from mvoting.voting.sealing import shamir

TITLE = "MVOTING TRUSTEE SHARE 1"
POLL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CHECKSUM_BYTES = 8  # 32 + 8 bytes are 64 letters of base32 without padding, so every bit of every letter counts
_COUNTS_DOMAIN = b"mvoting shuffled contents v1\n"


class BadShare(ValueError):
    """A share is misspelt, belongs to another poll, or is not the one that was committed to."""


@dataclass(frozen=True)
class Share:
    """One trustee's share; `value` is 32 bytes, little-endian."""

    poll_id: str
    index: int
    threshold: int
    value: bytes

    def __repr__(self) -> str:
        return f"Share({self.poll_id!r}, index={self.index})"  # never the value: reprs end in logs


@dataclass(frozen=True)
class Ceremony:
    """What everyone may know of a poll's key: public key, threshold, a commitment for each share in order."""

    poll_id: str
    public_key: bytes
    threshold: int
    commitments: tuple[bytes, ...]

    def document(self) -> dict[str, Any]:
        """Give the JSON form; bytes in hex."""
        return {
            "poll_id": self.poll_id,
            "public_key": self.public_key.hex(),
            "threshold": self.threshold,
            "commitments": [c.hex() for c in self.commitments],
        }

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> "Ceremony":
        """Read the JSON form; further members are left alone.

        Raises: ValueError.
        """
        try:
            ceremony = cls(
                poll_id=document["poll_id"],
                public_key=bytes.fromhex(document["public_key"]),
                threshold=document["threshold"],
                commitments=tuple(bytes.fromhex(c) for c in document["commitments"]),
            )
        except (KeyError, TypeError, ValueError):
            raise ValueError("not the public part of a key ceremony") from None
        sizes = {len(c) for c in (ceremony.public_key, *ceremony.commitments)}
        if sizes != {32} or type(ceremony.threshold) is not int or len(set(ceremony.commitments)) != len(ceremony.commitments):
            raise ValueError("not the public part of a key ceremony")
        if not 1 <= ceremony.threshold <= len(ceremony.commitments) <= shamir.MAX_TRUSTEES:
            raise ValueError("the threshold does not fit the number of trustees")
        return ceremony


def deal(poll_id: str, threshold: int, trustees: int) -> tuple[Ceremony, list[Share]]:
    """Make a poll's key pair and its shares; the private key itself is forgotten.

    Raises: ValueError for impossible numbers or a poll id that is none.
    """
    if not POLL_ID.fullmatch(poll_id):
        raise ValueError("not a poll id")
    secret = secrets.randbelow(shamir.PRIME)
    values = shamir.deal(secret, threshold, trustees)
    shares = [Share(poll_id, x, threshold, v.to_bytes(shamir.VALUE_BYTES, "little")) for x, v in values.items()]
    public_key = _private_key(secret).public_key().public_bytes_raw()
    return Ceremony(poll_id, public_key, threshold, tuple(commitment(s) for s in shares)), shares


def commitment(share: Share) -> bytes:
    """Give the public commitment to a share (Ed25519 public key, 32 bytes)."""
    return _signing_key(share).public_key().public_bytes_raw()


def check_share(share: Share, ceremony: Ceremony) -> None:
    """Check that this share was dealt for this poll.

    Raises: BadShare.
    """
    if share.poll_id != ceremony.poll_id:
        raise BadShare(f"share {share.index} belongs to another poll ({share.poll_id})")
    if not 1 <= share.index <= len(ceremony.commitments) or share.threshold != ceremony.threshold:
        raise BadShare(f"share {share.index} was not dealt in this ceremony")
    if commitment(share) != ceremony.commitments[share.index - 1]:
        raise BadShare(f"share {share.index} is not the one that was committed to")


def join(shares: Iterable[Share], ceremony: Ceremony) -> X25519PrivateKey:
    """Join checked shares to the poll's private key.

    Raises: BadShare when one is wrong, too few came, or the dealer's shares do not give the committed key.
    """
    by_index: dict[int, int] = {}
    for share in shares:
        check_share(share, ceremony)
        by_index[share.index] = int.from_bytes(share.value, "little")
    if len(by_index) < ceremony.threshold:
        raise BadShare(f"{ceremony.threshold} shares are needed, {len(by_index)} came")
    chosen = dict(sorted(by_index.items())[: ceremony.threshold])
    key = _private_key(shamir.combine(chosen))
    if key.public_key().public_bytes_raw() != ceremony.public_key:
        raise BadShare("the shares do not give the committed public key; the dealer made a mistake or cheated")
    return key


def sign_contents(share: Share, digest: bytes) -> bytes:
    """Sign the digest of shuffled contents with a share, without giving the share away."""
    return _signing_key(share).sign(_COUNTS_DOMAIN + digest)


def check_contents_signature(ceremony: Ceremony, index: int, digest: bytes, signature: bytes) -> None:
    """Check a trustee's signature under the digest of shuffled contents.

    Raises: BadShare.
    """
    try:
        public = Ed25519PublicKey.from_public_bytes(ceremony.commitments[index - 1] if index > 0 else b"")
        public.verify(signature, _COUNTS_DOMAIN + digest)
    except (InvalidSignature, IndexError, ValueError):
        raise BadShare(f"the signature is not that of trustee {index}") from None


# Shares as text: four letters a group, a checksum over every field


def share_text(share: Share) -> str:
    """Print a share: title, poll, numbers, value with checksum in groups of four."""
    code = base64.b32encode(share.value + _checksum(share)).decode()
    groups = " ".join(code[i : i + 4] for i in range(0, len(code), 4))
    return f"{TITLE}\npoll {share.poll_id}\nshare {share.index}, {share.threshold} needed\n{groups}\n"


def parse_share(text: str) -> Share:
    """Read a printed share; case, spacing and 0/1/8 typed for O/I/B do not matter in the code.

    Raises: BadShare.
    """
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    if len(lines) < 4 or lines[0].upper() != TITLE:
        raise BadShare("not a trustee's share")
    poll = re.fullmatch(r"poll (\S+)", lines[1])
    numbers = re.fullmatch(r"share ([0-9]{1,3}), ([0-9]{1,3}) needed", lines[2])
    if not poll or not numbers or not POLL_ID.fullmatch(poll[1]):
        raise BadShare("the poll or the numbers of the share cannot be read")
    code = re.sub(r"[\s-]", "", "".join(lines[3:])).upper().translate(str.maketrans("018", "OIB"))
    try:
        data = base64.b32decode(code)
    except binascii.Error:
        raise BadShare("the code of the share cannot be read") from None
    share = Share(poll[1], int(numbers[1]), int(numbers[2]), data[: shamir.VALUE_BYTES])
    if len(data) != shamir.VALUE_BYTES + _CHECKSUM_BYTES or data[shamir.VALUE_BYTES :] != _checksum(share):
        raise BadShare("the checksum does not fit: something was misread or mistyped")
    return share


def _checksum(share: Share) -> bytes:
    fields = f"{TITLE}\n{share.poll_id}\n{share.index}\n{share.threshold}\n".encode()
    return sha256(fields + share.value).digest()[:_CHECKSUM_BYTES]


def _signing_key(share: Share) -> Ed25519PrivateKey:
    info = b"mvoting trustee share v1\x00" + f"{share.poll_id}\x00{share.index}".encode()
    seed = HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(share.value)
    return Ed25519PrivateKey.from_private_bytes(seed)


def _private_key(secret: int) -> X25519PrivateKey:
    return X25519PrivateKey.from_private_bytes(secret.to_bytes(shamir.VALUE_BYTES, "little"))
