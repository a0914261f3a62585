"""What citizens' phones and browsers call about their accounts."""

from typing import Any

from mvoting.accounts import errors, schemas, services, sessions, tokens
from mvoting.accounts.guards import account, current_person, public
from mvoting.accounts.persons import Consents, person
from mvoting.accounts.sessions import Device, Grant
from mvoting.core.http import ApiBlueprint
from mvoting.core.pagination import PageQuery, page_schema
from mvoting.core.problems import NotFound
from mvoting.core.settings import settings

sign_in = ApiBlueprint("sign-in", __name__, url_prefix="/v1/sign-in", description="Ways to sign in.")
session_routes = ApiBlueprint("sessions", __name__, url_prefix="/v1/sessions", description="Continuing a session.")
me = ApiBlueprint("me", __name__, url_prefix="/v1/me", description="One's own account and devices.")
well_known = ApiBlueprint("well-known", __name__, url_prefix="/v1/.well-known", description="Keys that verify our tokens.")

DOOR_PROBLEMS = (errors.ConsentRequired, errors.SecondFactRequired, errors.PhoneRequired, errors.NumberResting)


@sign_in.route("/development", methods=["POST"], guard=public)
@sign_in.arguments(schemas.PhoneIn())
@sign_in.response(200, schemas.CodeSentOut())
@sign_in.problems(errors.InvalidCode, NotFound)
def post_development_code(body: dict[str, Any]) -> dict[str, Any]:
    """Get a sign-in code for a phone number; in development only, where it is answered instead of sent."""
    _require_development()
    code, expires_at = services.send_development_code(body["phone"])
    return {"code": code, "expires_at": expires_at}


@sign_in.route("/development/code", methods=["POST"], guard=public)
@sign_in.arguments(schemas.SignInWithCodeIn())
@sign_in.response(200, schemas.GrantOut())
@sign_in.problems(errors.InvalidCode, errors.TooManyTries, NotFound, *DOOR_PROBLEMS)
def post_development_sign_in(body: dict[str, Any]) -> dict[str, Any]:
    """Sign in with the code; in development only."""
    _require_development()
    grant = services.sign_in_with_development_code(body["phone"], body["code"], _device(body), _consents(body))
    return _granted(grant)


@sign_in.route("/firebase", methods=["POST"], guard=public)
@sign_in.arguments(schemas.SignInWithFirebaseIn())
@sign_in.response(200, schemas.GrantOut())
@sign_in.problems(errors.InvalidIdentityToken, errors.IdentityProviderDown, *DOOR_PROBLEMS)
def post_firebase_sign_in(body: dict[str, Any]) -> dict[str, Any]:
    """Sign in with a Firebase ID token: a phone number first, later also connected social sign-ins."""
    return _granted(services.sign_in_with_firebase(body["id_token"], _device(body), _consents(body)))


@session_routes.route("/refresh", methods=["POST"], guard=public)
@session_routes.arguments(schemas.RefreshIn())
@session_routes.response(200, schemas.GrantOut())
@session_routes.problems(errors.InvalidRefreshToken, errors.RefreshTokenReplayed, errors.SessionEnded)
def post_refresh(body: dict[str, Any]) -> dict[str, Any]:
    """Exchange a refresh token for a new access token and the next refresh token.

    A phone that lost the answer may repeat within 60 s and gets the same successor; any other repeat ends the session.
    """
    return _granted(sessions.refresh(body["refresh_token"], body["device_id"]))


@me.route("", methods=["GET"], guard=account)
@me.response(200, schemas.PersonOut())
@me.problems(errors.SessionEnded)
def get_me() -> dict[str, Any]:
    """Tell who is signed in and what the account may do."""
    who = current_person()
    stored = person(who.id)
    if stored is None:
        raise errors.SessionEnded
    return {"id": who.id, "trust": stored["trust"] if stored["state"] == "active" else "guest", "state": stored["state"]}


@me.route("/sessions", methods=["GET"], guard=account)
@me.arguments(PageQuery(), location="query")
@me.response(200, page_schema(schemas.SessionOut, "SessionPage"))
def get_sessions(query: dict[str, Any]) -> dict[str, Any]:
    """List the devices that are signed in, newest first."""
    found, following = sessions.of_person(current_person().id, after=query.get("after"), limit=query["limit"])
    return {"items": [_session_shown(session) for session in found], "next": following}


@me.route("/sessions/<id:session_id>", methods=["DELETE"], guard=account)
@me.response(204)
@me.problems(NotFound)
def delete_session(session_id: str) -> None:
    """Sign a device out: this one, or a lost one from another. Known everywhere within 5 s."""
    if not sessions.end(session_id, person_id=current_person().id):
        raise NotFound


@me.route("/sessions", methods=["DELETE"], guard=account)
@me.response(200, schemas.EndedOut())
def delete_sessions() -> dict[str, Any]:
    """Sign out everywhere, here too."""
    return {"ended_count": sessions.end_all(current_person().id, because="signed_out_everywhere")}


@well_known.route("/jwks.json", methods=["GET"], guard=public)
@well_known.response(200, schemas.JwksOut())
def get_jwks() -> dict[str, Any]:
    """Give the public keys that verify our access tokens."""
    return tokens.jwks()


def _require_development() -> None:
    if settings().is_production:
        raise NotFound


def _device(body: dict[str, Any]) -> Device:
    return Device(**body["device"])


def _consents(body: dict[str, Any]) -> Consents | None:
    return Consents(**body["consents"]) if "consents" in body else None


def _granted(grant: Grant) -> dict[str, Any]:
    return {
        "access_token": grant.access_token,
        "token_type": "Bearer",
        "expires_in": int(tokens.LIFETIME.total_seconds()),
        "refresh_token": grant.refresh_token,
        "session_id": grant.session_id,
        "person": {"id": grant.person_id, "trust": grant.trust, "state": grant.state},
    }


def _session_shown(session: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": session["_id"],
        "device_name": session["device_name"],
        "platform": session["platform"],
        "method": session["method"],
        "created_at": session["created_at"],
        "last_used_at": session["rotated_at"],
        "is_current": session["_id"] == current_person().session_id,
    }
