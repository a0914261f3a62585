"""`PUT /v1/polls/{id}/ballot`: the busiest address, so its body and answer pass msgspec only."""

from typing import Any

import msgspec
from flask import Response, request

from mvoting.accounts.guards import current_person, member
from mvoting.core.examples import example_of
from mvoting.core.http import ApiBlueprint
from mvoting.core.problems import InvalidInput, MalformedBody, UnsupportedMediaType
from mvoting.core.validation import in_language
from mvoting.voting.ballots import errors, services
from mvoting.voting.ballots.schemas import BallotStateOut, Cast, CastIn, CastOut
from mvoting.voting.polls.errors import NotEligible, PollCancelled, PollClosed, PollNotFound, PollNotOpen

BODY_LIMIT_BYTES = 32 * 1024

blueprint = ApiBlueprint("ballots", __name__, url_prefix="/v1/polls", description="Casting.")

_read = msgspec.json.Decoder(Cast)
_write = msgspec.json.Encoder()
_body = {"schema": CastIn(), "example": {name: value for name, value in example_of(CastIn()).items() if name != "sealed"}}
_documented: dict[str, Any] = {"requestBody": {"required": True, "content": {"application/json": _body}}}


@blueprint.route("/<id:poll_id>/ballot", methods=["PUT"], guard=member, body_limit_bytes=BODY_LIMIT_BYTES)
@blueprint.doc(**_documented)
@blueprint.response(200, CastOut())
@blueprint.problems(InvalidInput, MalformedBody, UnsupportedMediaType, PollNotFound, PollNotOpen, PollClosed, PollCancelled)
@blueprint.problems(NotEligible, errors.DefinitionChanged, errors.RevisionConflict, errors.CastIdReused, errors.BallotFinal)
@blueprint.problems(errors.TooManyChanges, errors.BallotWithdrawn, errors.DuplicateBallot, errors.InvalidBallot)
def put_ballot(poll_id):
    """Cast or change a ballot.

    Send it again with the same `cast_id` until it is answered: it counts once. The answer holds the receipt that the
    phone keeps together with its nonce and choices; the server shows nobody what was chosen, the voter included.
    """
    receipt = services.cast_ballot(poll_id, read_cast(), current_person())
    return Response(_write.encode(receipt), mimetype="application/json")


@blueprint.route("/<id:poll_id>/ballot", methods=["GET"], guard=member)
@blueprint.response(200, BallotStateOut())
@blueprint.problems(PollNotFound, PollClosed)
def get_ballot(poll_id):
    """Tell whether I have voted, and which revision a change must name."""
    return services.ballot_state(poll_id, current_person())


def read_cast() -> Cast:
    """Read the request's body.

    Raises: UnsupportedMediaType (415), MalformedBody (400), InvalidInput (422).
    """
    if request.mimetype != "application/json":
        raise UnsupportedMediaType(expected="application/json")
    try:
        return _read.decode(request.get_data())
    except msgspec.ValidationError as wrong:
        raise InvalidInput(errors={"json": _by_field(wrong)}) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise MalformedBody from None


def _by_field(wrong: msgspec.ValidationError) -> Any:
    """Say what is wrong with each field, in the person's language, as every other address does."""
    sent = msgspec.json.decode(request.get_data())
    messages = CastIn().validate(sent) if isinstance(sent, dict) else {"_schema": ["Invalid input type."]}
    return in_language(messages or {"_schema": [str(wrong)]})
