"""What citizens' phones and browsers call to sign in and to continue a session."""

from typing import Any

from flask import request

from mvoting.accounts import (
    consents,
    errors,
    national,
    schemas,
    services,
    sessions,
    text_messages,
    tokens,
)
from mvoting.accounts.consents import Consents
from mvoting.accounts.guards import public
from mvoting.accounts.services import Entry
from mvoting.accounts.sessions import Device, Grant
from mvoting.core.http import ApiBlueprint
from mvoting.core.problems import NotFound
from mvoting.core.settings import settings

sign_in = ApiBlueprint("sign-in", __name__, url_prefix="/v1/sign-in", description="Ways to sign in.")
session_routes = ApiBlueprint("sessions", __name__, url_prefix="/v1/sessions", description="Continuing a session.")
well_known = ApiBlueprint("well-known", __name__, url_prefix="/v1/.well-known", description="Keys that verify our tokens.")

DOOR_PROBLEMS = (errors.ConsentRequired, errors.SecondFactRequired, errors.PhoneRequired, errors.NumberResting)


@sign_in.route("/consents", methods=["GET"], guard=public)
@sign_in.response(200, schemas.VersionsOut())
def get_consents() -> dict[str, Any]:
    """Tell which versions of the terms and the privacy notice are in force."""
    return consents.current()


@sign_in.route("/development", methods=["POST"], guard=public)
@sign_in.arguments(schemas.PhoneIn())
@sign_in.response(200, schemas.CodeSentOut())
@sign_in.problems(errors.InvalidCode, NotFound)
def post_development_code(body: dict[str, Any]) -> dict[str, Any]:
    """Get a sign-in code for a phone number; in development only, where it is answered instead of sent."""
    require_development()
    code, expires_at = services.send_development_code(body["phone"])
    return {"code": code, "expires_at": expires_at}


@sign_in.route("/development/code", methods=["POST"], guard=public)
@sign_in.arguments(schemas.SignInWithCodeIn())
@sign_in.response(200, schemas.GrantOut())
@sign_in.problems(errors.InvalidCode, errors.TooManyTries, NotFound, *DOOR_PROBLEMS)
def post_development_sign_in(body: dict[str, Any]) -> dict[str, Any]:
    """Sign in with the code; in development only."""
    require_development()
    return _granted(services.sign_in_with_development_code(body["phone"], body["code"], _entry(body)))


@sign_in.route("/ways", methods=["GET"], guard=public)
@sign_in.response(200, schemas.WaysOut())
def get_ways() -> dict[str, Any]:
    """Tell which ways of signing in are offered here, for pages that have no Firebase SDK of their own."""
    return {
        "text_message": text_messages.is_offered(),
        "national": national.is_offered(),
        "development": not settings().is_production,
    }


@sign_in.route("/phone", methods=["POST"], guard=public)
@sign_in.arguments(schemas.TextMessageIn())
@sign_in.response(202, schemas.CodeOnItsWayOut())
@sign_in.problems(errors.NoMobileNumber, errors.TooManyTries, errors.IdentityProviderDown, NotFound)
def post_text_message(body: dict[str, Any]) -> dict[str, Any]:
    """Have a sign-in code sent to a phone as a text message, where the city offers it."""
    require_text_messages()
    return {"expires_at": text_messages.send_code(body["phone"], body["device_id"], network=request.remote_addr or "")}


@sign_in.route("/phone/code", methods=["POST"], guard=public)
@sign_in.arguments(schemas.SignInWithCodeIn())
@sign_in.response(200, schemas.GrantOut())
@sign_in.problems(errors.NoMobileNumber, errors.InvalidCode, errors.TooManyTries, NotFound, *DOOR_PROBLEMS)
def post_text_message_sign_in(body: dict[str, Any]) -> dict[str, Any]:
    """Sign in with the code from the text message."""
    require_text_messages()
    network = request.remote_addr or ""
    return _granted(services.sign_in_with_text_message(body["phone"], body["code"], _entry(body), network=network))


@sign_in.route("/firebase", methods=["POST"], guard=public)
@sign_in.arguments(schemas.SignInWithFirebaseIn())
@sign_in.response(200, schemas.GrantOut())
@sign_in.problems(errors.InvalidIdentityToken, errors.IdentityProviderDown, *DOOR_PROBLEMS)
def post_firebase_sign_in(body: dict[str, Any]) -> dict[str, Any]:
    """Sign in with a Firebase ID token: a phone number first, later also connected social sign-ins."""
    return _granted(services.sign_in_with_firebase(body["id_token"], _entry(body)))


@sign_in.route("/national", methods=["POST"], guard=public)
@sign_in.response(200, schemas.NationalBegunOut())
@sign_in.problems(errors.IdentityProviderDown, NotFound)
def post_national_begin() -> dict[str, Any]:
    """Begin a sign-in with the national identity, where the city offers it."""
    if not national.is_offered():
        raise NotFound
    url, state = national.begin()
    return {"authorization_url": url, "state": state}


@sign_in.route("/national/code", methods=["POST"], guard=public)
@sign_in.arguments(schemas.SignInWithNationalIn())
@sign_in.response(200, schemas.GrantOut())
@sign_in.problems(errors.InvalidCode, errors.InvalidIdentityToken, errors.IdentityProviderDown, NotFound, *DOOR_PROBLEMS)
def post_national_sign_in(body: dict[str, Any]) -> dict[str, Any]:
    """Finish a sign-in with the code that the national identity provider gave."""
    if not national.is_offered():
        raise NotFound
    return _granted(services.sign_in_with_national_identity(body["code"], body["state"], _entry(body)))


@sign_in.route("/counter", methods=["POST"], guard=public)
@sign_in.arguments(schemas.CounterSignInIn())
@sign_in.response(200, schemas.GrantOut())
@sign_in.problems(errors.InvalidCode, errors.TooManyTries, errors.SessionEnded)
def post_counter_sign_in(body: dict[str, Any]) -> dict[str, Any]:
    """Open, on a counter's screen, the fifteen minutes that a staff member prepared."""
    return _granted(services.sign_in_at_counter(body["code"], Device(**body["device"]), network=request.remote_addr or ""))


@session_routes.route("/refresh", methods=["POST"], guard=public)
@session_routes.arguments(schemas.RefreshIn())
@session_routes.response(200, schemas.GrantOut())
@session_routes.problems(errors.InvalidRefreshToken, errors.RefreshTokenReplayed, errors.SessionEnded)
def post_refresh(body: dict[str, Any]) -> dict[str, Any]:
    """Exchange a refresh token for a new access token and the next refresh token.

    A phone that lost the answer may repeat within 60 s and gets the same successor; any other repeat ends the session.
    """
    return _granted(sessions.refresh(body["refresh_token"], body["device_id"]))


@well_known.route("/jwks.json", methods=["GET"], guard=public)
@well_known.response(200, schemas.JwksOut())
def get_jwks() -> dict[str, Any]:
    """Give the public keys that verify our access tokens."""
    return tokens.jwks()


def require_development() -> None:
    """Refuse what is there for development only (404)."""
    if settings().is_production:
        raise NotFound


def require_text_messages() -> None:
    """Refuse text messages where the city does not offer them (404)."""
    if not text_messages.is_offered():
        raise NotFound


def _entry(body: dict[str, Any]) -> Entry:
    agreed = Consents(**body["consents"]) if "consents" in body else None
    return Entry(Device(**body["device"]), agreed, **body.get("second_fact", {}))


def _granted(grant: Grant) -> dict[str, Any]:
    return {
        **schemas.access_shown(grant.access_token),
        "refresh_token": grant.refresh_token,
        "session_id": grant.session_id,
        "person": {
            "id": grant.person_id,
            "trust": grant.trust,
            "state": grant.state,
            "consents_due": list(grant.consents_due),
        },
    }
