"""The identity port to a national identity provider: OpenID Connect, authorization code flow with PKCE.

Sources: OpenID Connect Core 1.0 section 3.1, OpenID Connect Discovery 1.0, RFC 7636 (PKCE), RFC 9700 (best practice).
"""

import json
import os
import time
from base64 import urlsafe_b64encode
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from cryptography.exceptions import InvalidTag
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry

from mvoting.accounts import codes, rules
from mvoting.accounts.errors import IdentityProviderDown, InvalidCode, InvalidIdentityToken
from mvoting.accounts.identifiers import Proof
from mvoting.core.clock import now
from mvoting.core.districts import DISTRICTS
from mvoting.core.secrets import seal, unseal
from mvoting.core.settings import settings

SCOPE = "openid profile phone address"
ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
TIMEOUT_S = 5
RETRY_AFTER_S = 30
STATE_LIFETIME = timedelta(minutes=15)
METADATA_CACHED_S = 3600


@dataclass(frozen=True)
class NationalProof:
    """A proven national identity, with a number and facts where the provider vouches for them."""

    identity: Proof
    phone: Proof | None
    facts: dict[str, Any] | None


def is_offered() -> bool:
    """Tell whether this city has a national identity provider."""
    return bool(settings().national_issuer)


def begin() -> tuple[str, str]:
    """Begin a sign-in. Returns: the provider's address to open, and the state that comes back with the code.

    Raises: IdentityProviderDown (accounts.identity-provider-down, 503).
    """
    verifier, nonce, state = _random(), _random(), _random()
    with _session() as session:
        url, _ = session.create_authorization_url(
            _metadata()["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier
        )
    codes.keep_state("national", state, lifetime=STATE_LIFETIME, about={"verifier": verifier, "nonce": nonce})
    return url, state


def prove(code: str, state: str) -> NationalProof:
    """Exchange the code that the provider gave and check what it says.

    Raises: InvalidCode, InvalidIdentityToken (401), IdentityProviderDown (503).
    """
    kept = codes.take_state("national", state)
    if kept is None:
        raise InvalidCode
    if "proven" in kept:
        return _reopened(bytes(kept["proven"]), code, state)
    try:
        with _session() as session:
            answer = session.fetch_token(
                _metadata()["token_endpoint"], code=code, code_verifier=kept["verifier"], timeout=TIMEOUT_S
            )
    except requests.RequestException:
        raise IdentityProviderDown(headers={"Retry-After": str(RETRY_AFTER_S)}) from None
    except (AuthlibBaseError, ValueError):
        raise InvalidIdentityToken from None
    return _proof(_claims(str(answer.get("id_token", "")), kept["nonce"]))


def give_back(code: str, state: str, proven: NationalProof) -> None:
    """Let what `prove` gave be had once more for the same code and state; the provider would not answer them twice."""
    sealed = seal("national-proven", json.dumps(asdict(proven)).encode(), bound_to=f"{state}:{code}".encode())
    codes.keep_state("national", state, lifetime=STATE_LIFETIME, about={"proven": sealed})


def _reopened(sealed: bytes, code: str, state: str) -> NationalProof:
    try:
        kept = json.loads(unseal("national-proven", sealed, bound_to=f"{state}:{code}".encode()))
    except InvalidTag:
        raise InvalidCode from None
    return NationalProof(Proof(**kept["identity"]), Proof(**kept["phone"]) if kept["phone"] else None, kept["facts"])


def _claims(id_token: str, nonce: str) -> dict[str, Any]:
    registry = JWTClaimsRegistry(
        now=lambda: int(now().timestamp()),
        leeway=5,
        iss={"essential": True, "value": settings().national_issuer},
        aud={"essential": True, "value": settings().national_client_id},
        nonce={"essential": True, "value": nonce},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
    )
    try:
        claims = jwt.decode(id_token, _keys(), algorithms=ALGORITHMS).claims
        registry.validate(claims)
    except (JoseError, ValueError, KeyError, TypeError):
        raise InvalidIdentityToken from None
    # Several audiences need the party that asked to be named (Core section 3.1.3.7).
    if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and claims.get("azp") != settings().national_client_id:
        raise InvalidIdentityToken
    return claims


def _proof(claims: dict[str, Any]) -> NationalProof:
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= 255:
        raise InvalidIdentityToken
    number = rules.normal_phone(str(claims.get("phone_number", ""))) if claims.get("phone_number_verified") is True else None
    year, district = str(claims.get("birthdate", ""))[:4], str(claims.get("district", ""))
    is_resident = district in DISTRICTS and year.isascii() and year.isdecimal() and len(year) == 4 and year != "0000"
    gender = claims.get("gender") if claims.get("gender") in ("female", "male") else None
    return NationalProof(
        identity=Proof("national", subject, provider=settings().national_issuer, label="national"),
        phone=Proof("phone", number, label=rules.masked_phone(number)) if number else None,
        facts={"district": district, "birth_year": int(year), "gender": gender, "tags": []} if is_resident else None,
    )


def _session() -> OAuth2Session:
    return OAuth2Session(
        settings().national_client_id,
        settings().national_client_secret,
        scope=SCOPE,
        redirect_uri=f"{settings().public_url}/sign-in/national",
        code_challenge_method="S256",
    )


def _metadata() -> dict[str, Any]:
    return _fetched(f"{settings().national_issuer}/.well-known/openid-configuration", _hour())


def _keys() -> KeySet:
    return KeySet.import_key_set(_fetched(_metadata()["jwks_uri"], _hour()))  # type: ignore[arg-type]


def _hour() -> int:
    return int(time.monotonic() // METADATA_CACHED_S)


@lru_cache(maxsize=8)
def _fetched(url: str, hour: int) -> dict[str, Any]:
    """Fetch a document of the provider, once an hour; a failure is not remembered."""
    try:
        answer = requests.get(url, timeout=TIMEOUT_S, allow_redirects=False)
        answer.raise_for_status()
        document: dict[str, Any] = answer.json()
    except (requests.RequestException, ValueError):
        raise IdentityProviderDown(headers={"Retry-After": str(RETRY_AFTER_S)}) from None
    return document


def _random() -> str:
    return urlsafe_b64encode(os.urandom(32)).decode().rstrip("=")
