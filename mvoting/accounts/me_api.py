"""What citizens' phones and browsers call about their own account: devices, sign-ins, codes for others, archive, erasure."""

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
)
from mvoting.accounts.api import require_development, require_text_messages
from mvoting.accounts.consents import Consents
from mvoting.accounts.guards import account, current_person, public, resident
from mvoting.core.http import ApiBlueprint
from mvoting.core.pagination import PageQuery, page_schema
from mvoting.core.problems import NotFound
from mvoting.core.settings import settings

me = ApiBlueprint("me", __name__, url_prefix="/v1/me", description="One's own account and devices.")
export_routes = ApiBlueprint("exports", __name__, url_prefix="/v1/exports", description="Archives by their link.")

CONNECT_PROBLEMS = (errors.IdentifierTaken, errors.NumberResting, errors.TooManyIdentifiers)


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
    return schemas.access_shown(services.renew_consents(who.id, who.session_id, Consents(**body)))


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
    require_text_messages()
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
    require_development()
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
