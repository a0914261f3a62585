"""What citizens' phones and browsers call about their accounts."""

from typing import Any

from flask import Response, request

from mvoting.accounts import (
    changing_hands,
    consents,
    errors,
    exports,
    firebase,
    identifiers,
    leaving,
    limits,
    national,
    persons,
    schemas,
    services,
    sessions,
    text_messages,
    tokens,
)
from mvoting.accounts.consents import Consents
from mvoting.accounts.guards import account, current_person, public, resident
from mvoting.accounts.services import Entry
from mvoting.accounts.sessions import Device, Grant
from mvoting.core.http import ApiBlueprint
from mvoting.core.pagination import PageQuery, page_schema
from mvoting.core.problems import NotFound
from mvoting.core.settings import settings

sign_in = ApiBlueprint("sign-in", __name__, url_prefix="/v1/sign-in", description="Ways to sign in.")
session_routes = ApiBlueprint("sessions", __name__, url_prefix="/v1/sessions", description="Continuing a session.")
me = ApiBlueprint("me", __name__, url_prefix="/v1/me", description="One's own account and devices.")
export_routes = ApiBlueprint("exports", __name__, url_prefix="/v1/exports", description="Archives by their link.")
well_known = ApiBlueprint("well-known", __name__, url_prefix="/v1/.well-known", description="Keys that verify our tokens.")

DOOR_PROBLEMS = (errors.ConsentRequired, errors.SecondFactRequired, errors.PhoneRequired, errors.NumberResting)
CONNECT_PROBLEMS = (errors.IdentifierTaken, errors.NumberResting, errors.TooManyIdentifiers)


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
    _require_text_messages()
    return {"expires_at": text_messages.send_code(body["phone"], body["device_id"], network=request.remote_addr or "")}


@sign_in.route("/phone/code", methods=["POST"], guard=public)
@sign_in.arguments(schemas.SignInWithCodeIn())
@sign_in.response(200, schemas.GrantOut())
@sign_in.problems(errors.NoMobileNumber, errors.InvalidCode, errors.TooManyTries, NotFound, *DOOR_PROBLEMS)
def post_text_message_sign_in(body: dict[str, Any]) -> dict[str, Any]:
    """Sign in with the code from the text message."""
    _require_text_messages()
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


@me.route("", methods=["GET"], guard=account)
@me.response(200, schemas.PersonOut())
@me.problems(errors.SessionEnded)
def get_me() -> dict[str, Any]:
    """Tell who is signed in and what the account may do."""
    who = current_person()
    stored = persons.person(who.id)
    if stored is None:
        raise errors.SessionEnded
    return {
        "id": who.id,
        "trust": stored["trust"] if stored["state"] == "active" else "guest",
        "state": stored["state"],
        "consents_due": consents.due(stored),
    }


@me.route("/consents", methods=["POST"], guard=account)
@me.arguments(schemas.ConsentsIn())
@me.response(200, schemas.AccessOut())
@me.problems(errors.ConsentRequired, errors.SessionEnded)
def post_consents(body: dict[str, Any]) -> dict[str, Any]:
    """Agree to terms or a privacy notice that changed; the answer's access token replaces the present one."""
    who = current_person()
    return _access(services.renew_consents(who.id, who.session_id, Consents(**body)))


@me.route("/sessions", methods=["GET"], guard=account)
@me.arguments(PageQuery(), location="query")
@me.response(200, page_schema(schemas.SessionOut, "SessionPage"))
def get_sessions(query: dict[str, Any]) -> dict[str, Any]:
    """List the devices that are signed in, newest first."""
    found, following = sessions.of_person(current_person().id, after=query.get("after"), limit=query["limit"])
    return {
        "items": [schemas.session_shown(session, current=current_person().session_id) for session in found],
        "next": following,
    }


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


@me.route("/sign-ins", methods=["GET"], guard=account)
@me.response(200, schemas.IdentifiersOut())
def get_sign_ins() -> dict[str, Any]:
    """List the numbers and sign-ins that open this account."""
    return {"items": identifiers.identifiers_of(current_person().id)}


@me.route("/sign-ins/firebase", methods=["POST"], guard=account)
@me.arguments(schemas.ConnectFirebaseIn())
@me.response(204)
@me.problems(errors.InvalidIdentityToken, errors.IdentityProviderDown, *CONNECT_PROBLEMS)
def post_firebase_connection(body: dict[str, Any]) -> None:
    """Connect a new number or a social sign-in that Firebase just proved."""
    persons.connect(current_person().id, firebase.prove(body["id_token"]))


@me.route("/sign-ins/phone", methods=["POST"], guard=account)
@me.arguments(schemas.ConnectByTextMessageIn())
@me.response(204)
@me.problems(errors.NoMobileNumber, errors.InvalidCode, errors.TooManyTries, NotFound, *CONNECT_PROBLEMS)
def post_text_message_connection(body: dict[str, Any]) -> None:
    """Connect a new number with the code from a text message."""
    _require_text_messages()
    proof = text_messages.prove(**body, network=request.remote_addr or "")
    persons.connect(current_person().id, proof)


@me.route("/sign-ins/national", methods=["POST"], guard=account)
@me.arguments(schemas.ConnectNationalIn())
@me.response(204)
@me.problems(errors.InvalidCode, errors.InvalidIdentityToken, errors.IdentityProviderDown, NotFound, *CONNECT_PROBLEMS)
def post_national_connection(body: dict[str, Any]) -> None:
    """Connect your national identity with the code that its provider gave; it may confirm you as a resident."""
    if not national.is_offered():
        raise NotFound
    services.connect_national_identity(current_person().id, body["code"], body["state"])


@me.route("/sign-ins/development", methods=["POST"], guard=account)
@me.arguments(schemas.ConnectPhoneIn())
@me.response(204)
@me.problems(errors.InvalidCode, errors.TooManyTries, NotFound, *CONNECT_PROBLEMS)
def post_development_connection(body: dict[str, Any]) -> None:
    """Connect a new number with a code of the development sign-in."""
    _require_development()
    persons.connect(current_person().id, services.prove_with_development_code(body["phone"], body["code"]))


@me.route("/sign-ins/<string(length=64):identifier_id>", methods=["DELETE"], guard=account)
@me.response(204)
@me.problems(NotFound, errors.LastIdentifier)
def delete_sign_in(identifier_id: str) -> None:
    """Give a number or sign-in up, for example after changing the number."""
    changing_hands.disconnect(current_person().id, identifier_id)


@me.route("/approval-codes", methods=["POST"], guard=account)
@me.response(201, schemas.CodeOut())
def post_approval_code() -> dict[str, Any]:
    """Get a code that confirms your own sign-in on another device."""
    code, expires_at = services.approval_code(current_person().id)
    return {"code": code, "expires_at": expires_at}


@me.route("/guardian-codes", methods=["POST"], guard=account)
@me.response(201, schemas.CodeOut())
def post_guardian_code() -> dict[str, Any]:
    """Get a code to give to your guardian."""
    code, expires_at = services.guardian_code(current_person().id)
    return {"code": code, "expires_at": expires_at}


@me.route("/guardianships", methods=["POST"], guard=resident)
@me.arguments(schemas.CodeIn())
@me.response(204)
@me.problems(errors.GuardianNotEligible, errors.InvalidCode, errors.TooManyTries)
def post_guardianship(body: dict[str, Any]) -> None:
    """Consent, as a guardian, to the account of a child under 14."""
    services.consent_as_guardian(current_person().id, body["code"])


@me.route("/exports", methods=["POST"], guard=account)
@me.response(202, schemas.ExportAskedOut())
def post_export() -> dict[str, Any]:
    """Ask for everything that is stored about you; the link works for a day once it is ready."""
    asked = exports.ask(current_person().id)
    return {**asked, "link": f"{settings().public_url}/v1/exports/{asked['id']}?key={asked['key']}"}


@me.route("/exports/<id:export_id>", methods=["GET"], guard=account)
@me.response(200, schemas.ExportOut())
@me.problems(NotFound)
def get_export(export_id: str) -> dict[str, Any]:
    """Show how far your archive is."""
    found = exports.of_person(current_person().id, export_id)
    if found is None:
        raise NotFound
    return found


@export_routes.route("/<id:export_id>", methods=["GET"], guard=public, reads_per_minute=limits.FILES)
@export_routes.arguments(schemas.LinkKeyIn(), location="query")
@export_routes.response(
    200,
    {"type": "string", "format": "binary"},
    content_type="application/zip",
    example="PK… (a ZIP: accounts.json, voting.json, …)",
)
@export_routes.problems(errors.ExportNotReady)
def get_archive(query: dict[str, Any], export_id: str) -> Response:
    """Fetch an archive by its link: a ZIP with one JSON file for each part of the product."""
    answer = Response(exports.fetch(export_id, query["key"]), content_type="application/zip")
    answer.headers.update({"Content-Disposition": "attachment; filename=mvoting.zip", "Cache-Control": "no-store"})
    return answer


@me.route("", methods=["DELETE"], guard=account)
@me.response(204)
@me.problems(errors.PersonNotFound)
def delete_me() -> None:
    """Erase the account. Ballots stay counted; whoever comes back while those polls are open is the same person."""
    leaving.erase(current_person().id)


@well_known.route("/jwks.json", methods=["GET"], guard=public)
@well_known.response(200, schemas.JwksOut())
def get_jwks() -> dict[str, Any]:
    """Give the public keys that verify our access tokens."""
    return tokens.jwks()


def _require_development() -> None:
    if settings().is_production:
        raise NotFound


def _require_text_messages() -> None:
    if not text_messages.is_offered():
        raise NotFound


def _entry(body: dict[str, Any]) -> Entry:
    agreed = Consents(**body["consents"]) if "consents" in body else None
    return Entry(Device(**body["device"]), agreed, **body.get("second_fact", {}))


def _granted(grant: Grant) -> dict[str, Any]:
    return {
        **_access(grant.access_token),
        "refresh_token": grant.refresh_token,
        "session_id": grant.session_id,
        "person": {
            "id": grant.person_id,
            "trust": grant.trust,
            "state": grant.state,
            "consents_due": list(grant.consents_due),
        },
    }


def _access(token: str) -> dict[str, Any]:
    return {
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": int(tokens.LIFETIME.total_seconds()),
    }  # the scheme's name, no secret  # nosec B105
