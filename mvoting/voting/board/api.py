"""`/v1/polls/{id}/board…`: the public log, its proofs, the archive."""

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Response, render_template, request
from werkzeug.wsgi import wrap_file

from mvoting.accounts import limits
from mvoting.accounts.guards import current_staff, person_or_none, public, staff
from mvoting.core.clock import now
from mvoting.core.http import ApiBlueprint
from mvoting.core.language import language
from mvoting.core.settings import settings
from mvoting.voting.ballots import services as ballots
from mvoting.voting.ballots.errors import NothingToWithdraw
from mvoting.voting.board import archives, cosignatures, errors, opening, privacy, schemas, services
from mvoting.voting.polls import services as polls
from mvoting.voting.polls.errors import PollClosed, PollNotFound

# The same for everybody, whatever they send along: a CDN may keep it for all.
IMMUTABLE = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}

BYTES = {"type": "string", "format": "binary"}
TILE_EXAMPLE = "(256 hashes of 32 bytes each, one after the other)"
ARCHIVE_EXAMPLE = (
    'unpacked: {"archive":1,"definition":{"questions":[…],…},"definition_hash":"d2b2…","keys":{"20261122163723":"5f5f…"}}\n'
    '{"entry":{"type":"opening","poll_id":"01m8…","audience":{"kind":"everyone","trust":"member"},"roll":10,…}}\n'
    '{"entry":{"type":"ballot","leaf":"9f86…","replaces":null},"nonce":"6b3a…","choices":{"q1":["o1"]}}\n'
)
TABLE_EXAMPLE = "unpacked: index,type,leaf,replaces,is_counted,choices,sealed,nonce\r\n0,opening,,,,,,\r\n"
PRIVACY_EXAMPLE = (
    '<!doctype html>\n<html lang="en">…<h1>Who can tell how you voted</h1>\n<p>Since 23 Nov 2026 01:38 the database cannot …'
)

blueprint = ApiBlueprint(
    "board", __name__, url_prefix="/v1/polls", description="The public board and its proofs.", template_folder="templates"
)


@blueprint.route("/board-keys", methods=["GET"], guard=public)
@blueprint.response(200, schemas.BoardKeysOut())
def get_board_keys():
    """Read the keys that sign every poll's receipts and boards; keep them, and compare them with where the city prints them."""
    return {"keys": services.board_keys()}, {"Cache-Control": "public, max-age=300"}


@blueprint.route("/<id:poll_id>/board", methods=["GET"], guard=public)
@blueprint.response(200, schemas.BoardOut())
@blueprint.problems(PollNotFound, errors.NoBoardYet)
def get_board(poll_id):
    """Read a board's signed head, keys and live totals."""
    _require_visible(poll_id)
    return services.board(poll_id, now=now())


@blueprint.route("/<id:poll_id>/board/heads", methods=["GET"], guard=public)
@blueprint.arguments(schemas.HeadsQuery(), location="query")
@blueprint.response(200, schemas.HeadsOut())
@blueprint.problems(PollNotFound)
def list_heads(query, poll_id):
    """List signed heads; compare them with those that you and others kept."""
    _require_visible(poll_id)
    items = services.heads(poll_id, after=query["after"], limit=query["limit"])
    return {"items": items, "next": items[-1]["number"] if len(items) == query["limit"] else None}


@blueprint.route("/<id:poll_id>/board/cosignatures", methods=["GET"], guard=public)
@blueprint.arguments(schemas.HeadsQuery(), location="query")
@blueprint.response(200, schemas.CosignaturesOut())
@blueprint.problems(PollNotFound)
def list_cosignatures(query, poll_id):
    """List what witnesses signed: that these heads are states of one growing board, the same that they showed to others."""
    _require_visible(poll_id)
    items = cosignatures.page(poll_id, after=query["after"], limit=query["limit"])
    following = items[-1]["number"] if len(items) >= query["limit"] else None
    return {"items": items, "witnesses": settings().witnesses, "next": following}


@blueprint.route("/<id:poll_id>/board/cosignatures", methods=["POST"], guard=public, body_limit_bytes=4096)
@blueprint.arguments(schemas.CosignatureIn())
@blueprint.response(204)
@blueprint.problems(PollNotFound, errors.CosignatureRefused)
def post_cosignature(body, poll_id):
    """Hand in a witness's cosignature of a head; holding the witness's key is what entitles to hand it in."""
    _require_visible(poll_id)
    cosignatures.take(poll_id, body)


@blueprint.route("/<id:poll_id>/board/batches/<int:number>", methods=["GET"], guard=public)
@blueprint.response(200, schemas.BatchOut())
@blueprint.problems(PollNotFound, errors.NotOnBoard)
def get_batch(poll_id, number):
    """Read a batch's entries: hashes and records, never contents. May be cached forever."""
    caching = _caching(poll_id, is_immutable=True)
    return services.batch(poll_id, number), caching


@blueprint.route("/<id:poll_id>/board/tiles/<int:level>/<int:index>", methods=["GET"], guard=public)
@blueprint.response(200, BYTES, content_type="application/octet-stream", example=TILE_EXAMPLE)
@blueprint.problems(PollNotFound, errors.NotOnBoard)
def get_tile(poll_id, level, index):
    """Read 256 neighbouring hashes of tree level 8·`level`, once all are there. May be cached forever."""
    caching = _caching(poll_id, is_immutable=True)
    return Response(services.tile(poll_id, level, index), headers=caching, mimetype="application/octet-stream")


@blueprint.route("/<id:poll_id>/board/consistency", methods=["GET"], guard=public, reads_per_minute=limits.SEARCHES)
@blueprint.arguments(schemas.ConsistencyQuery(), location="query")
@blueprint.response(200, schemas.ConsistencyOut())
@blueprint.problems(PollNotFound, errors.NoBoardYet, errors.SizeOutOfRange)
def get_consistency(query, poll_id):
    """Prove that an earlier board is the beginning of a later one."""
    _require_visible(poll_id)
    return services.consistency(poll_id, query["size1"], query.get("size2"))


@blueprint.route(
    "/<id:poll_id>/board/leaves/<string(length=64):leaf>", methods=["GET"], guard=public, reads_per_minute=limits.SEARCHES
)
@blueprint.response(200, schemas.LeafOut())
@blueprint.problems(PollNotFound, errors.NotOnBoard)
def get_leaf(poll_id, leaf):
    """Check my ballot: whether its leaf waits, counts, was replaced or withdrawn, with the proof."""
    if not re.fullmatch("[0-9a-f]{64}", leaf):
        raise errors.NotOnBoard
    _require_visible(poll_id)
    return services.check_leaf(poll_id, bytes.fromhex(leaf))


@blueprint.route("/<id:poll_id>/board/withdrawals", methods=["POST"], guard=staff("poll_officer"))
@blueprint.arguments(schemas.WithdrawalIn())
@blueprint.response(204)
@blueprint.problems(PollNotFound, PollClosed, NothingToWithdraw)
def withdraw(body, poll_id):
    """Take a person's ballot out of the count before the final head; the reason stands on the board."""
    ballots.withdraw_ballot(poll_id, body["person_id"], body["reason"], staff_id=current_staff().id)


@blueprint.route("/<id:poll_id>/archive.jsonl.gz", methods=["GET"], guard=public, reads_per_minute=limits.FILES)
@blueprint.response(200, BYTES, content_type="application/gzip", example=ARCHIVE_EXAMPLE)
@blueprint.problems(PollNotFound, errors.NoBoardYet, errors.NotPublishedYet)
def get_archive(poll_id):
    """Download everything needed for a recount, as gzipped JSON lines: `python -m mvoting board verify FILE`.

    Once kept, minutes after the result at most, it never changes: it may be cached forever, and asked for in ranges. Of a
    sealed poll there is before that what stands under the final head, for the trustees.
    """
    return _archive(poll_id, "jsonl")


@blueprint.route("/<id:poll_id>/archive.csv.gz", methods=["GET"], guard=public, reads_per_minute=limits.FILES)
@blueprint.response(200, BYTES, content_type="application/gzip", example=TABLE_EXAMPLE)
@blueprint.problems(PollNotFound, errors.NoBoardYet, errors.NotPublishedYet)
def get_archive_csv(poll_id):
    """Download the board as a gzipped table."""
    return _archive(poll_id, "csv")


@blueprint.route("/<id:poll_id>/privacy", methods=["GET"], guard=public)
@blueprint.response(200, schemas.PrivacyOut())
@blueprint.problems(PollNotFound)
def get_privacy(poll_id):
    """Read from when nobody can tell whose ballot is whose, and who could before."""
    poll = _require_visible(poll_id)
    return privacy.statement(poll["definition"], poll.get("final_head_at"), cosignatures.witnesses_of(poll_id))


@blueprint.route("/<id:poll_id>/privacy.html", methods=["GET"], guard=public)
@blueprint.response(200, {"type": "string"}, content_type="text/html", example=PRIVACY_EXAMPLE)
@blueprint.problems(PollNotFound)
def get_privacy_page(poll_id):
    """Read the same as a page, in the language asked for."""
    poll = _require_visible(poll_id)
    told = privacy.statement(poll["definition"], poll.get("final_head_at"), cosignatures.witnesses_of(poll_id))
    page = render_template("voting/privacy.html", poll_id=poll_id, title=poll["definition"]["title"], language=language(), **told)
    return Response(page, mimetype="text/html", headers={"Vary": "Accept-Language"})


@blueprint.route("/<id:poll_id>/board/opening", methods=["GET"], guard=public, reads_per_minute=limits.FILES)
@blueprint.response(200, schemas.OpeningOut())
@blueprint.problems(PollNotFound, errors.NotSealed)
def get_opening(poll_id):
    """Read how many trustees' shares are in."""
    return opening.opening_state(poll_id)


@blueprint.route("/<id:poll_id>/board/shares", methods=["POST"], guard=public, body_limit_bytes=4096)
@blueprint.arguments(schemas.ShareIn())
@blueprint.response(200, schemas.OpeningOut())
@blueprint.problems(PollNotFound, errors.NotSealed, errors.OtherRecount, errors.TooEarlyToOpen, errors.ShareRefused)
def post_share(body, poll_id):
    """Hand in a trustee's share after the final head; holding it is what entitles to hand it in."""
    return opening.submit_share(poll_id, body["share"])


def _when_due(view: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse what nobody waits for before its megabytes are read: everybody may send them."""

    @wraps(view)
    def checked(*args: Any, poll_id: str, **kwargs: Any) -> Any:
        opening.openable(poll_id, recount="trustees")
        return view(*args, poll_id=poll_id, **kwargs)

    return checked


@blueprint.route("/<id:poll_id>/board/contents", methods=["POST"], guard=public, body_limit_bytes=opening.CONTENTS_LIMIT_BYTES)
@_when_due
@blueprint.arguments(schemas.ContentsIn())
@blueprint.response(200, schemas.OpeningOut())
@blueprint.problems(PollNotFound, errors.NotSealed, errors.OtherRecount, errors.TooEarlyToOpen, errors.ContentsRefused)
def post_contents(body, poll_id):
    """Hand in the contents that the trustees opened themselves, signed with their shares."""
    return opening.submit_contents(poll_id, body)


@blueprint.route("/<id:poll_id>/board/tie-seed", methods=["POST"], guard=staff("poll_officer"))
@blueprint.arguments(schemas.TieSeedIn())
@blueprint.response(204)
@blueprint.problems(PollNotFound, errors.TieSeedRefused)
def post_tie_seed(body, poll_id):
    """Reveal the seed that was committed to at opening; ties are broken by it and every leaf."""
    services.reveal_tie_seed(poll_id, bytes.fromhex(body["seed"]), staff_id=current_staff().id)


def _require_visible(poll_id: str) -> dict[str, Any]:
    """Let only those see the board who may see the poll: a private room's people, and everybody else's everybody."""
    person = person_or_none()
    return polls.get_poll(poll_id, person.id if person else None)


def _caching(poll_id: str, *, is_immutable: bool) -> dict[str, str]:
    if "room" in _require_visible(poll_id):
        return {"Cache-Control": "private, no-cache"}
    return IMMUTABLE if is_immutable else {"Cache-Control": "no-cache"}


def _archive(poll_id: str, kind: str) -> Response:
    file = archives.kept(poll_id, kind)
    caching = _caching(poll_id, is_immutable=file is not None)
    if file is None and not services.has_result(poll_id):
        file = archives.kept(poll_id, kind, archives.CLOSED)
    if file is None:
        return Response(archives.pieces(poll_id, kind), headers=caching, mimetype="application/gzip")
    response = Response(wrap_file(request.environ, file, archives.PIECE_BYTES), headers=caching, mimetype="application/gzip")
    response.content_length = file.length
    response.set_etag(file.sha256)
    response.make_conditional(request, accept_ranges=True, complete_length=file.length)
    return response
