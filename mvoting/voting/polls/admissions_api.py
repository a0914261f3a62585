"""Getting into polls that ask for more than an account: venues, rooms, rolls."""

from typing import Any

import segno
from flask import Response
from flask_smorest.fields import Upload

from mvoting.accounts.errors import TooManyTries
from mvoting.accounts.guards import current_person, current_staff, member, staff
from mvoting.core.clock import now
from mvoting.core.hints import hint
from mvoting.core.http import ApiBlueprint
from mvoting.core.pagination import PageQuery, page_schema
from mvoting.core.schemas import Input
from mvoting.voting.formats.csv_text import join
from mvoting.voting.polls import admissions, errors, rolls, schemas, services
from mvoting.voting.polls.roll_files import MAX_FILE_BYTES

blueprint = ApiBlueprint("admissions", __name__, url_prefix="/v1", description="Venues, private rooms and rolls.")


class RollIn(Input):
    """A roll file."""

    file = Upload(
        required=True,
        metadata={"description": ".csv (UTF-8 or CP949) or .xlsx of phone or member numbers, at most 200,000 rows and 12 MB"},
    )


@blueprint.route("/polls/<id:poll_id>/admission/code", methods=["POST"], guard=member)
@blueprint.arguments(schemas.VenueCodeIn())
@blueprint.response(200, schemas.AdmissionOut())
@blueprint.problems(errors.PollNotFound, errors.AdmissionRefused, TooManyTries)
def admit_by_code(body, poll_id):
    """Check in at a venue with the code on its screen; it lets you vote for 15 minutes."""
    poll = services.get_poll(poll_id)
    return _admitted(poll_id, admissions.admit_by_code(poll, current_person().id, body["code"], now=now()))


@blueprint.route("/polls/<id:poll_id>/admission/position", methods=["POST"], guard=member)
@blueprint.arguments(schemas.VenuePositionIn())
@blueprint.response(200, schemas.AdmissionOut())
@blueprint.problems(errors.PollNotFound, errors.AdmissionRefused)
def admit_by_position(body, poll_id):
    """Check in by where the phone says it is. Only that it was near enough is kept, for 15 minutes."""
    poll = services.get_poll(poll_id)
    until = admissions.admit_by_distance(poll, current_person().id, body["latitude"], body["longitude"], now=now())
    return _admitted(poll_id, until)


@blueprint.route("/rooms/<string(length=8):number>/admission", methods=["POST"], guard=member)
@blueprint.arguments(schemas.RoomIn())
@blueprint.response(200, schemas.AdmissionOut())
@blueprint.problems(errors.RoomNotFound, TooManyTries)
def enter_room(body, number):
    """Enter a private room with its number and password."""
    poll = admissions.enter_room(number, body["password"], current_person().id, now=now())
    return _admitted(poll["_id"], poll["closes_at"])


@blueprint.route("/polls/<id:poll_id>/venue-screen", methods=["GET"], guard=staff("poll_officer"))
@blueprint.response(200, schemas.VenueScreenOut())
@blueprint.problems(errors.PollNotFound, errors.PollContentInvalid)
def get_venue_screen(poll_id):
    """Give what the venue's screen shows for the next seconds. A live relay of it works; nothing can prevent that."""
    screen = admissions.venue_screen(services.poll_document(poll_id), now=now())
    return {**screen, "svg": segno.make(screen["address"], error="m").svg_inline(scale=8)}


@blueprint.route(
    "/polls/<id:poll_id>/roll", methods=["POST"], guard=staff("poll_officer"), body_limit_bytes=MAX_FILE_BYTES + 65536
)
@blueprint.arguments(RollIn(), location="files")
@blueprint.response(202, schemas.RollUploadOut())
@blueprint.problems(errors.PollNotFound, errors.PollStateChanged, errors.RollRefused, errors.RollBusy)
def upload_roll(files, poll_id):
    """Upload a roll; it is read in the background, kept as keys only, and the file is gone then."""
    upload = rolls.upload_roll(poll_id, files["file"].read(), now=now(), staff_id=current_staff().id)
    hint("voting.read_roll", upload["_id"])
    return upload


@blueprint.route("/polls/<id:poll_id>/roll", methods=["DELETE"], guard=staff("poll_officer"))
@blueprint.response(204)
@blueprint.problems(errors.PollNotFound, errors.PollStateChanged, errors.RollBusy)
def clear_roll(poll_id):
    """Empty a draft's roll, so that another list can be uploaded."""
    rolls.clear_roll(poll_id, now=now(), staff_id=current_staff().id)


@blueprint.route("/polls/<id:poll_id>/roll/look-up", methods=["POST"], guard=staff("poll_officer"))
@blueprint.arguments(schemas.RollLookUpIn())
@blueprint.response(200, schemas.RollLookUpOut())
@blueprint.problems(errors.PollNotFound, errors.RollGone, errors.NotANumber)
def look_up_roll(body, poll_id):
    """Tell whether a number is on the roll; who asked and why is logged, the number is not."""
    found = rolls.look_up(poll_id, body["number"], staff_id=current_staff().id, reason=body["reason"])
    return {"is_listed": found}


@blueprint.route("/polls/<id:poll_id>/roll/<id:upload_id>", methods=["GET"], guard=staff("poll_officer"))
@blueprint.response(200, schemas.RollUploadOut())
@blueprint.problems(errors.RollUploadNotFound)
def get_upload(poll_id, upload_id):
    """Tell how far the reading of a roll is."""
    return rolls.get_upload(poll_id, upload_id)


@blueprint.route("/polls/<id:poll_id>/roll/<id:upload_id>/rejected", methods=["GET"], guard=staff("poll_officer"))
@blueprint.arguments(PageQuery(), location="query")
@blueprint.response(200, page_schema(schemas.RejectedRollRowOut, "RejectedRollRowPage"))
@blueprint.problems(errors.RollUploadNotFound)
def list_rejected(query, poll_id, upload_id):
    """List the rows that added nobody, in order."""
    items, following = rolls.rejected_rows(poll_id, upload_id, after=query.get("after"), limit=query["limit"])
    return {"items": items, "next": following}


@blueprint.route("/polls/<id:poll_id>/roll/<id:upload_id>/rejected.csv", methods=["GET"], guard=staff("poll_officer"))
@blueprint.response(200, {"type": "string"}, content_type="text/csv", example="row,reason\r\n3,formula\r\n")
@blueprint.problems(errors.RollUploadNotFound)
def get_rejected_csv(poll_id, upload_id):
    """Download the rows that added nobody."""
    found = rolls.all_rejected_rows(poll_id, upload_id)
    lines = (join([str(row["row"]), row["reason"]]) + "\r\n" for row in found)
    return Response(["row,reason\r\n", *lines], mimetype="text/csv")


def _admitted(poll_id: str, until: Any) -> dict[str, Any]:
    return {"poll_id": poll_id, "until": until}
