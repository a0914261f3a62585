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
from functools import cache, lru_cache
from typing import Any

import jwt
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
REQUIRED = ["iss", "aud", "sub", "sid", "iat", "nbf", "exp", "trust"]


@dataclass(frozen=True)
class Claims:
    """What an access token says. `facts` about a resident (district, birth_year, gender, tags) are empty where unconfirmed."""

    person_id: str
    session_id: str
    trust: str
    facts: Mapping[str, Any]


@cache
def _public_keys() -> Mapping[str, Any]:
    return {kid: key.private.public_key() for kid, key in signing_keys("token").items()}


def issue(person_id: str, session_id: str, trust: str, facts: Mapping[str, Any] | None, *, at: datetime) -> str:
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
    if facts:
        sealed = seal("token-facts", json.dumps(facts).encode(), bound_to=session_id.encode())
        claims["res"] = base64.urlsafe_b64encode(sealed).decode()
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
    _verified.keep(token, float(payload["exp"]), claims)
    return claims


@lru_cache(maxsize=64)
def _header(segment: str) -> tuple[str, str]:
    """Read which key is meant; all tokens of a key begin alike, and PyJWT would take the whole token apart for it."""
    header = json.loads(base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
    return str(header.get("kid", "")), str(header.get("typ", ""))


def _checked(token: str) -> dict[str, Any]:
    try:
        kid, type_ = _header(token.partition(".")[0])
        key = _public_keys().get(kid)
        if key is None or type_ != TYPE:
            raise TokenInvalid
        payload: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=["RS256"],
            issuer=settings().public_url,
            audience=AUDIENCE,
            # The times are compared with this product's clock below, which tests move.
            options={"require": REQUIRED, "verify_exp": False, "verify_nbf": False, "verify_iat": False},
        )
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError):
        raise TokenInvalid from None
    moment = now().timestamp()
    if not all(isinstance(payload[name], int | float) for name in ("iat", "nbf", "exp")) or payload["nbf"] > moment + 1:
        raise TokenInvalid
    if payload["exp"] <= moment:
        raise TokenExpired
    return payload


def _claims(payload: Mapping[str, Any]) -> Claims:
    facts: dict[str, Any] = {}
    if "res" in payload:
        try:
            sealed = base64.urlsafe_b64decode(payload["res"])
            facts = json.loads(unseal("token-facts", sealed, bound_to=payload["sid"].encode()))
        except (InvalidTag, ValueError):
            raise TokenInvalid from None
    return Claims(person_id=payload["sub"], session_id=payload["sid"], trust=payload["trust"], facts=facts)


def jwks() -> dict[str, Any]:
    """Give the public keys that verify our tokens (RFC 7517): the current one and those before it."""
    keys = []
    for kid, public in _public_keys().items():
        jwk = RSAAlgorithm.to_jwk(public, as_dict=True)
        keys.append({"kty": jwk["kty"], "n": jwk["n"], "e": jwk["e"], "kid": kid, "use": "sig", "alg": "RS256"})
    return {"keys": keys}
