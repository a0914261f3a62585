"""A sealed poll's key ceremony, step by step: dealing, commitments on the board, shares or opened contents, spoiled ballots, the lot."""

import json
from typing import Any

from flask import render_template, request

from admin.forms import Form
from admin.pages import done, panel, refused
from admin.panel import blueprint
from admin.words import say
from mvoting.accounts.guards import current_staff
from mvoting.core.problems import MalformedBody, Problem
from mvoting.voting.board import opening
from mvoting.voting.board import services as board
from mvoting.voting.board.schemas import ContentsIn, ShareIn, TieSeedIn
from mvoting.voting.polls import services
from mvoting.voting.polls.api import shown_to_author
from mvoting.voting.polls.drafting import longest_ballot_bytes
from mvoting.voting.polls.schemas import SealingIn, TieCommitmentIn
from mvoting.voting.sealing.hpke import LENGTH_BYTES

OFFICER = panel("poll_officer")
PADDING_BYTES = 64
SPOILED_SHOWN_MAX = 200


@blueprint.page("/polls/<id:poll_id>/trustees", guard=OFFICER)
def poll_trustees(poll_id: str) -> str:
    """Show where the ceremony stands and what comes next."""
    poll = shown_to_author(services.poll_document(poll_id))
    definition = poll["definition"]
    is_sealed = definition["secrecy"] == "sealed"
    opened = board.opened_record(poll_id) if is_sealed else None
    return render_template(
        "admin/polls/trustees.html",
        poll=poll,
        definition=definition,
        is_sealed=is_sealed,
        sealing=definition.get("sealing") or {},
        padded_bytes=padded_bytes(definition),
        on_board=_opening_record(poll_id),
        is_final=board.is_final(poll_id),
        opening=opening.opening_state(poll_id) if is_sealed else None,
        opened=opened,
        spoiled=(opened or {}).get("spoiled", [])[:SPOILED_SHOWN_MAX],
        awaits_seed=board.awaits_tie_seed(poll_id),
        seed=board.revealed_tie_seed(poll_id),
        form=Form(),
    )


@blueprint.page("/polls/<id:poll_id>/sealing", guard=OFFICER, methods=("POST",))
def poll_sealing(poll_id: str) -> Any:
    """Make a draft a sealed poll with the public part of its ceremony."""
    try:
        body = Form().load(SealingIn(), _document("sealing"))
        services.seal_draft(poll_id, body, staff_id=current_staff().id)
    except Problem as problem:
        return refused(problem, "poll_trustees", poll_id=poll_id)
    return done(say("봉인 투표로 바꾸었습니다.", "The poll is sealed now."), "poll_trustees", poll_id=poll_id)


@blueprint.page("/polls/<id:poll_id>/shares", guard=OFFICER, methods=("POST",))
def poll_share(poll_id: str) -> Any:
    """Take one trustee's share."""
    form = Form()
    try:
        share = form.load(ShareIn(), {"share": form.text("share")})["share"]
        opening.submit_share(poll_id, share, staff_id=current_staff().id)
    except Problem as problem:
        return refused(problem, "poll_trustees", poll_id=poll_id)
    return done(say("열쇠 조각을 받았습니다.", "The share was taken."), "poll_trustees", poll_id=poll_id)


@blueprint.page(
    "/polls/<id:poll_id>/contents", guard=OFFICER, methods=("POST",), body_limit_bytes=opening.CONTENTS_LIMIT_BYTES + 64 * 1024
)
def poll_contents(poll_id: str) -> Any:
    """Take the contents that the trustees opened on their own computer."""
    try:
        body = Form().load(ContentsIn(), _document("contents"))
        opening.submit_contents(poll_id, body, staff_id=current_staff().id)
    except Problem as problem:
        return refused(problem, "poll_trustees", poll_id=poll_id)
    return done(say("열린 내용을 받았습니다.", "The contents were taken."), "poll_trustees", poll_id=poll_id)


@blueprint.page("/polls/<id:poll_id>/tie", guard=OFFICER, methods=("POST",))
def poll_tie(poll_id: str) -> Any:
    """Note a commitment for the lot in a draft, or reveal its seed after closing."""
    form, by = Form(), current_staff().id
    try:
        if form.text("seed"):
            seed = form.load(TieSeedIn(), {"seed": form.text("seed")})["seed"]
            board.reveal_tie_seed(poll_id, bytes.fromhex(seed), staff_id=by)
        else:
            body = form.load(TieCommitmentIn(), {"commitment": form.text("commitment")})
            services.commit_tie_seed(poll_id, body["commitment"], staff_id=by)
    except Problem as problem:
        return refused(problem, "poll_trustees", poll_id=poll_id)
    return done(say("추첨 씨앗을 기록했습니다.", "The seed for the lot is noted."), "poll_trustees", poll_id=poll_id)


def padded_bytes(definition: dict[str, Any]) -> int:
    """Give the size to which every ballot of this poll is to be padded."""
    needed = longest_ballot_bytes(definition) + LENGTH_BYTES
    return max(512, -(-needed // PADDING_BYTES) * PADDING_BYTES)


def _document(name: str) -> Any:
    """Read the JSON file, or the pasted text, that a form brings.

    Raises: MalformedBody (core.malformed-body, 400).
    """
    file = request.files.get(f"{name}_file")
    text = file.read() if file and file.filename else Form().text(name).encode()
    try:
        document = json.loads(text)
    except ValueError:
        raise MalformedBody from None
    if not isinstance(document, dict):
        raise MalformedBody
    return document


def _opening_record(poll_id: str) -> dict[str, Any] | None:
    """Give entry 0 of the board: what everybody can hold against the ceremony."""
    try:
        return dict(board.batch(poll_id, 0)["entries"][0])
    except Problem:
        return None
