"""What citizens do with their accounts, and what other packages may ask about persons."""

from datetime import datetime, timedelta

from mvoting.accounts import codes, firebase, rules, sessions
from mvoting.accounts.errors import InvalidCode
from mvoting.accounts.persons import PRIVACY_VERSION, TERMS_VERSION, Consents, Proof, open_door
from mvoting.accounts.sessions import Device, Grant
from mvoting.core.clock import now
from mvoting.core.ids import random_id
from mvoting.core.settings import settings

CODE_LIFETIME = timedelta(minutes=5)


def send_development_code(phone: str) -> tuple[str, datetime]:
    """Make a sign-in code for a phone; development has no text messages, so the caller shows it.

    Raises: InvalidCode when the number is none.
    """
    number = _development_phone(phone)
    return codes.make("development", number, digits=6, lifetime=CODE_LIFETIME), now() + CODE_LIFETIME


def sign_in_with_development_code(phone: str, code: str, device: Device, consents: Consents | None) -> Grant:
    """Sign in with a code of the development sign-in.

    Raises: InvalidCode (401), TooManyTries (429), and what `persons.open_door` raises.
    """
    number = _development_phone(phone)
    codes.use("development", number, code)
    return sign_in(Proof("phone", number, label=rules.masked_phone(number)), device, consents, method="development")


def sign_in_with_firebase(id_token: str, device: Device, consents: Consents | None) -> Grant:
    """Sign in with a Firebase ID token.

    Raises: InvalidIdentityToken (401), IdentityProviderDown (503), and what `persons.open_door` raises.
    """
    return sign_in(firebase.prove(id_token), device, consents, method="firebase")


def sign_in(proof: Proof, device: Device, consents: Consents | None, *, method: str) -> Grant:
    """Open a session for whoever a proven identifier leads to."""
    return sessions.begin(open_door(proof, consents), device, method=method)


def sign_in_with_phone(phone: str) -> Grant:
    """Sign a phone's holder in without a code, joining at need. Never in production: for tests, the demo and replays."""
    number = _development_phone(phone)
    consents = Consents(terms=TERMS_VERSION, privacy=PRIVACY_VERSION, is_fourteen=True)
    proof = Proof("phone", number, label=rules.masked_phone(number))
    return sign_in(proof, Device(id=random_id()), consents, method="development")


def _development_phone(text: str) -> str:
    if settings().is_production:
        raise RuntimeError("the development sign-in does not exist in production")
    phone = rules.normal_phone(text)
    if phone is None:
        raise InvalidCode
    return phone
