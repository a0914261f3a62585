"""The identity port to Firebase Authentication."""

from typing import Any

import firebase_admin
from firebase_admin import auth
from firebase_admin.exceptions import FirebaseError
from google.auth.credentials import AnonymousCredentials

from mvoting.accounts import rules
from mvoting.accounts.errors import IdentityProviderDown, InvalidIdentityToken
from mvoting.accounts.persons import Proof
from mvoting.core.settings import settings

APP_NAME = "mvoting-accounts"
RETRY_AFTER_S = 30
TOKEN_MAX = 8192
REFUSED_PROVIDERS = ("anonymous", "custom")


def _app() -> firebase_admin.App:
    try:
        return firebase_admin.get_app(APP_NAME)
    except ValueError:
        pass
    path = settings().firebase_credentials
    credential = firebase_admin.credentials.Certificate(str(path)) if path else _NoCredential()
    try:
        return firebase_admin.initialize_app(credential, {"projectId": settings().firebase_project}, name=APP_NAME)
    except ValueError:  # another thread was quicker
        return firebase_admin.get_app(APP_NAME)


class _NoCredential(firebase_admin.credentials.Base):
    """Verifying needs public keys only; development has no service account."""

    def get_credential(self) -> Any:
        return AnonymousCredentials()


def prove(id_token: str) -> Proof:
    """Check a Firebase ID token and give the identifier that its holder just proved.

    A token counts for the way it was got: a social sign-in of an account that also has a number proves no number.
    Raises: InvalidIdentityToken (401), IdentityProviderDown (503).
    """
    if not id_token or len(id_token) > TOKEN_MAX:
        raise InvalidIdentityToken
    try:
        claims = auth.verify_id_token(id_token, app=_app())
    except auth.CertificateFetchError:
        raise IdentityProviderDown(headers={"Retry-After": str(RETRY_AFTER_S)}) from None
    except (ValueError, FirebaseError):
        raise InvalidIdentityToken from None
    provider = str(claims.get("firebase", {}).get("sign_in_provider", ""))
    if provider == "phone":
        phone = rules.normal_phone(str(claims.get("phone_number", "")))
        if phone is None:
            raise InvalidIdentityToken
        return Proof("phone", phone, label=rules.masked_phone(phone))
    if not provider or provider in REFUSED_PROVIDERS:
        raise InvalidIdentityToken
    return Proof("social", str(claims["uid"]), provider="firebase", label=provider)
