"""What staff do for citizens: confirm residence, counters, lost phones, two accounts of one person, erasure."""

from typing import Any

from flask import request

from mvoting.accounts import (
    errors,
    joining,
    leaving,
    people_schemas,
    persons,
    registers,
    residents,
    schemas,
    services,
    sessions,
)
from mvoting.accounts.consents import Consents
from mvoting.accounts.guards import current_staff, staff
from mvoting.accounts.services import Visitor
from mvoting.core.districts import DISTRICTS
from mvoting.core.http import ApiBlueprint
from mvoting.core.idempotency import idempotent
from mvoting.core.pagination import PageQuery, page_schema
from mvoting.core.problems import NotFound

blueprint = ApiBlueprint("people", __name__, url_prefix="/v1/people", description="What staff do for citizens.")

counter = staff("poll_officer", "administrator")
administrator = staff("administrator")


@blueprint.route("/<id:person_id>", methods=["GET"], guard=staff("poll_officer", "moderator", "administrator"))
@blueprint.response(200, people_schemas.PersonForStaffOut())
@blueprint.problems(errors.PersonNotFound)
def get_person(person_id: str) -> dict[str, Any]:
    """Show an account without its personal facts."""
    return {"id": person_id, **_person(person_id)}


@blueprint.route("/<id:person_id>/facts", methods=["POST"], guard=counter)
@blueprint.arguments(people_schemas.ReasonIn())
@blueprint.response(200, people_schemas.FactsOut())
@blueprint.problems(errors.PersonNotFound)
def post_show_facts(body: dict[str, Any], person_id: str) -> dict[str, Any]:
    """Show the confirmed facts of a resident; who asked and why is logged."""
    return services.show_facts(person_id, staff_id=current_staff().id, reason=body["reason"])


@blueprint.route("/<id:person_id>/residence", methods=["PUT"], guard=counter)
@blueprint.arguments(people_schemas.ResidenceIn())
@blueprint.response(204)
@blueprint.problems(errors.PersonNotFound)
def put_residence(body: dict[str, Any], person_id: str) -> None:
    """Confirm district and birth year from papers that were shown."""
    reason = body.pop("reason")
    services.confirm_residence(person_id, body, staff_id=current_staff().id, reason=reason)


@blueprint.route("/<id:person_id>/sessions", methods=["GET"], guard=counter)
@blueprint.arguments(PageQuery(), location="query")
@blueprint.response(200, page_schema(schemas.SessionOut, "PersonSessionPage"))
def get_person_sessions(query: dict[str, Any], person_id: str) -> dict[str, Any]:
    """List the devices of a person who lost one."""
    found, following = sessions.of_person(person_id, after=query.get("after"), limit=query["limit"])
    return {"items": [schemas.session_shown(session, current="") for session in found], "next": following}


@blueprint.route("/<id:person_id>/sessions/<id:session_id>/end", methods=["POST"], guard=counter)
@blueprint.arguments(people_schemas.ReasonIn())
@blueprint.response(204)
@blueprint.problems(NotFound)
def post_end_session(body: dict[str, Any], person_id: str, session_id: str) -> None:
    """Sign a lost or stolen phone out; its push messages end as well."""
    if not services.end_session_by_staff(session_id, person_id, staff_id=current_staff().id, reason=body["reason"]):
        raise NotFound


@blueprint.route("/links", methods=["POST"], guard=administrator)
@blueprint.arguments(people_schemas.LinkIn())
@blueprint.response(204)
@blueprint.problems(errors.NotTwoPersons)
def post_link(body: dict[str, Any]) -> None:
    """Join two accounts of one person; ballots of the dropped one in open polls are withdrawn, and the board says so."""
    joining.merge(body["kept"], body["dropped"], staff_id=current_staff().id, reason=body["reason"])


@blueprint.route("/<id:person_id>/erasure", methods=["POST"], guard=administrator)
@blueprint.arguments(people_schemas.ReasonIn())
@blueprint.response(204)
@blueprint.problems(errors.PersonNotFound)
def post_erasure(body: dict[str, Any], person_id: str) -> None:
    """Erase an account whose owner asked on paper."""
    leaving.erase(person_id, staff_id=current_staff().id, reason=body["reason"])


@blueprint.route("/counter-sessions", methods=["POST"], guard=counter)
@idempotent
@blueprint.arguments(people_schemas.CounterSessionIn())
@blueprint.response(201, schemas.CodeOut())
@blueprint.problems(
    errors.IdentifierTaken,
    errors.ConsentRequired,
    errors.SecondFactRequired,
    errors.InvalidCode,
    errors.InvalidIdentityToken,
    errors.IdentityProviderDown,
    errors.TooManyTries,
    errors.NumberResting,
    errors.TooManyIdentifiers,
)
def post_counter_session(body: dict[str, Any]) -> dict[str, Any]:
    """Prepare a session at a counter for a person who shows identification; the code is typed on the counter's screen."""
    reason, consents = body.pop("reason"), body.pop("consents", None)
    visitor = Visitor(**body, consents=Consents(**consents) if consents else None)
    code, expires_at = services.open_counter_session(current_staff().id, visitor, reason=reason)
    return {"code": code, "expires_at": expires_at}


@blueprint.route("/registers", methods=["POST"], guard=administrator, body_limit_bytes=registers.FILE_MAX_BYTES)
@idempotent
@blueprint.arguments(people_schemas.RegisterIn(), location="files")
@blueprint.response(202, people_schemas.RegisterOut())
@blueprint.problems(errors.RegisterUnreadable)
def post_register(files: dict[str, Any]) -> dict[str, Any]:
    """Upload the register of residents (CSV: phone, district, birth_year, gender; at most 200,000 rows)."""
    import_id = registers.receive(files["file"].read(), staff_id=current_staff().id, reason=request.args.get("reason", "")[:500])
    return _import(import_id)


@blueprint.route("/registers/<id:import_id>", methods=["GET"], guard=administrator)
@blueprint.response(200, people_schemas.RegisterOut())
@blueprint.problems(NotFound)
def get_register(import_id: str) -> dict[str, Any]:
    """Show how far an upload is, and every row it had to reject."""
    return _import(import_id)


@blueprint.route("/districts", methods=["GET"], guard=staff())
@blueprint.response(200, people_schemas.DistrictCountsOut())
def get_district_counts() -> dict[str, Any]:
    """Count confirmed residents by district; fewer than ten are shown as 0."""
    return {"counts": residents.count_by_district(list(DISTRICTS))}


def _person(person_id: str) -> dict[str, Any]:
    stored = persons.person(person_id)
    if stored is None:
        raise errors.PersonNotFound
    return stored


def _import(import_id: str) -> dict[str, Any]:
    stored = registers.progress(import_id)
    if stored is None:
        raise NotFound
    return {"id": stored["_id"], **stored}
