"""The identity port to Firebase Authentication."""

import logging
import os
from typing import Any

import firebase_admin
from firebase_admin import auth
from firebase_admin.exceptions import FirebaseError
from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import GoogleAuthError

from mvoting.accounts import rules
from mvoting.accounts.errors import IdentityProviderDown, InvalidIdentityToken
from mvoting.accounts.identifiers import Proof
from mvoting.core import log
from mvoting.core.settings import settings

APP_NAME = "mvoting-accounts"
RETRY_AFTER_S = 30
TIMEOUT_S = 5  # for an answer of the provider; the library's own would be two minutes
TOKEN_MAX = 8192
REFUSED_PROVIDERS = ("anonymous", "custom")
REFUSALS = (ValueError, auth.InvalidIdTokenError, auth.UserDisabledError, auth.UserNotFoundError)


def _app() -> firebase_admin.App:
    try:
        return firebase_admin.get_app(APP_NAME)
    except ValueError:
        pass
    path = settings().firebase_credentials
    credential = firebase_admin.credentials.Certificate(str(path)) if path else _NoCredential()
    try:
        options = {"projectId": settings().firebase_project, "httpTimeout": TIMEOUT_S}
        return firebase_admin.initialize_app(credential, options, name=APP_NAME)
    except ValueError:  # another thread was quicker
        return firebase_admin.get_app(APP_NAME)


class _NoCredential(firebase_admin.credentials.Base):
    """Verifying needs public keys only; development has no service account."""

    def get_credential(self) -> Any:
        return AnonymousCredentials()  # type: ignore[no-untyped-call]


def prove(id_token: str) -> Proof:
    """Check a Firebase ID token and give the identifier that its holder just proved.

    A token counts for the way it was got: a social sign-in of an account that also has a number proves no number. Whether
    its account was disabled, deleted or signed out since is asked as well.
    Raises: InvalidIdentityToken (401), IdentityProviderDown (503).
    """
    if not id_token or len(id_token) > TOKEN_MAX:
        raise InvalidIdentityToken
    try:
        claims = auth.verify_id_token(id_token, app=_app(), check_revoked=_may_ask())
    except REFUSALS:
        raise InvalidIdentityToken from None
    except (FirebaseError, GoogleAuthError) as error:
        log.event("accounts.identity_provider_down", level=logging.WARNING, kind=type(error).__name__)
        raise IdentityProviderDown(headers={"Retry-After": str(RETRY_AFTER_S)}) from None
    provider = str(claims.get("firebase", {}).get("sign_in_provider", ""))
    if provider == "phone":
        phone = rules.normal_phone(str(claims.get("phone_number", "")))
        if phone is None:
            raise InvalidIdentityToken
        return Proof("phone", phone, label=rules.masked_phone(phone))
    if not provider or provider in REFUSED_PROVIDERS:
        raise InvalidIdentityToken
    return Proof("social", str(claims["uid"]), provider="firebase", label=provider)


def _may_ask() -> bool:
    """Tell whether this process can ask for accounts: production must have a service account, the emulator needs none."""
    return settings().firebase_credentials is not None or "FIREBASE_AUTH_EMULATOR_HOST" in os.environ
