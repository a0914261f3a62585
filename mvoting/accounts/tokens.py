"""Access tokens: RS256 JSON Web Tokens of ten minutes that carry who asks, so that a request reads no database.

RS256-2048 verifies faster than ES256 and EdDSA here (`make bench ONLY=auth`), and verifying is what every request pays.
Source: RFC 7519 (JWT), RFC 8725 (best practice: fixed algorithm, issuer, audience, type), RFC 9068 (access tokens).
"""

import base64
import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import jwt
import msgspec
from cryptography.exceptions import InvalidTag
from jwt.algorithms import RSAAlgorithm

from mvoting.accounts.errors import TokenExpired, TokenInvalid
from mvoting.core.clock import now
from mvoting.core.keys import current_key, signing_keys
from mvoting.core.secrets import seal, unseal
from mvoting.core.settings import settings

LIFETIME = timedelta(minutes=10)
AUDIENCE = "mvoting"
TYPE = "at+jwt"
TOKEN_MAX = 4096
CACHED_TOKENS = 4096
_RS256 = RSAAlgorithm(RSAAlgorithm.SHA256)


class _Payload(msgspec.Struct):
    """What stands in our tokens, each member with its type; another type makes the token invalid."""

    iss: str
    aud: str
    sub: str
    sid: str
    iat: int
    nbf: int
    exp: int
    trust: str
    res: str = ""
    due: bool = False


_PAYLOADS, _FACTS = msgspec.json.Decoder(_Payload), msgspec.json.Decoder(dict[str, Any])


@dataclass(frozen=True)
class Claims:
    """What an access token says. `facts` about a resident (district, birth_year, gender, tags) are empty where unconfirmed."""

    person_id: str
    session_id: str
    trust: str
    facts: Mapping[str, Any]
    is_consent_due: bool = False


@cache
def _public_keys() -> Mapping[str, Any]:
    return {kid: key.private.public_key() for kid, key in signing_keys("token").items()}


@cache
def _headers() -> Mapping[str, Any]:
    """Give the public keys by the exact header that our tokens carry: whatever has another header is not ours."""
    by_header = {}
    for kid, key in signing_keys("token").items():
        token = jwt.encode({}, key.private, algorithm="RS256", headers={"kid": kid, "typ": TYPE})
        by_header[token.partition(".")[0]] = key.private.public_key()
    return by_header


def issue(
    person_id: str,
    session_id: str,
    trust: str,
    facts: Mapping[str, Any] | None,
    *,
    at: datetime,
    is_consent_due: bool = False,
) -> str:
    """Sign an access token; `facts` about a resident travel sealed, bound to the session."""
    key = current_key("token")
    claims: dict[str, Any] = {
        "iss": settings().public_url,
        "aud": AUDIENCE,
        "sub": person_id,
        "sid": session_id,
        "iat": at,
        "nbf": at,
        "exp": at + LIFETIME,
        "trust": trust,
    }
    if is_consent_due:
        claims["due"] = True
    if facts:
        sealed = seal("token-facts", json.dumps(facts).encode(), bound_to=session_id.encode())
        claims["res"] = base64.urlsafe_b64encode(sealed).decode().rstrip("=")
    return jwt.encode(claims, key.private, algorithm="RS256", headers={"kid": key.kid, "typ": TYPE})


class _Verified(OrderedDict[str, tuple[float, Claims]]):
    """The tokens this process verified lately: a phone sends the same one many times in its ten minutes."""

    def keep(self, token: str, expires: float, claims: Claims) -> None:
        self[token] = (expires, claims)
        if len(self) > CACHED_TOKENS:
            self.popitem(last=False)


_verified = _Verified()


def verify(token: str) -> Claims:
    """Check an access token and give what it says. Revocation is the session's matter, not the token's.

    Raises: TokenInvalid (accounts.token-invalid, 401), TokenExpired (accounts.token-expired, 401).
    """
    cached = _verified.get(token)
    if cached is not None:
        if cached[0] <= now().timestamp():
            raise TokenExpired
        return cached[1]
    if len(token) > TOKEN_MAX:
        raise TokenInvalid
    payload = _checked(token)
    claims = _claims(payload)
    _verified.keep(token, payload.exp, claims)
    return claims


def _checked(token: str) -> _Payload:
    """Check signature, issuer, audience and times.

    The header must be, letter for letter, one that we write: it settles type, algorithm and key before anything is parsed.
    PyJWT's RSA check does the rest; its parser, which walks each letter in Python, was seen to take three times as long.
    """
    header, _, rest = token.partition(".")
    body, _, signature = rest.partition(".")
    key = _headers().get(header)
    try:
        if key is None or not _RS256.verify(f"{header}.{body}".encode("ascii"), key, _decoded(signature)):
            raise TokenInvalid
        payload: _Payload = _PAYLOADS.decode(_decoded(body))
    except (ValueError, msgspec.DecodeError):
        raise TokenInvalid from None
    # Compared with this product's clock, which tests move.
    moment = now().timestamp()
    if payload.iss != settings().public_url or payload.aud != AUDIENCE or payload.nbf > moment + 1:
        raise TokenInvalid
    if payload.exp <= moment:
        raise TokenExpired
    return payload


def _decoded(segment: str) -> bytes:
    return base64.b64decode(segment + "=" * (-len(segment) % 4), altchars=b"-_", validate=True)


def _claims(payload: _Payload) -> Claims:
    facts: dict[str, Any] = {}
    if payload.res:
        try:
            facts = _FACTS.decode(unseal("token-facts", _decoded(payload.res), bound_to=payload.sid.encode()))
        except (InvalidTag, ValueError, msgspec.DecodeError):
            raise TokenInvalid from None
    return Claims(payload.sub, payload.sid, payload.trust, facts, is_consent_due=payload.due)


def jwks() -> dict[str, Any]:
    """Give the public keys that verify our tokens (RFC 7517): the current one and those before it."""
    keys = []
    for kid, public in _public_keys().items():
        jwk = RSAAlgorithm.to_jwk(public, as_dict=True)
        keys.append({"kty": jwk["kty"], "n": jwk["n"], "e": jwk["e"], "kid": kid, "use": "sig", "alg": "RS256"})
    return {"keys": keys}
