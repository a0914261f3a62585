"""`/v1/polls/{id}/result`: the published result as data, as a table and as a piece of a page."""

from typing import Any

from flask import Response, render_template

from mvoting.accounts import limits
from mvoting.accounts.guards import person_or_none, public
from mvoting.core.clock import now
from mvoting.core.http import ApiBlueprint
from mvoting.core.language import language
from mvoting.voting.formats.csv_text import join
from mvoting.voting.polls.errors import PollNotFound
from mvoting.voting.tally import errors, services
from mvoting.voting.tally.schemas import FiguresOut, ResultOut
from mvoting.voting.tally.tables import HEADER, result_rows

blueprint = ApiBlueprint(
    "results", __name__, url_prefix="/v1/polls", description="Published results.", template_folder="templates"
)
PAGE_EXAMPLE = '<section class="result" lang="en">\n  <h2>Night buses: where should we add the first line?</h2>\n  <p>10 ballots were counted.</p>…'
CSV_EXAMPLE = ",".join(HEADER) + "\r\nq1,1,o1,밤늦게까지 여는 도서관,Libraries open late,1250,elected,,,\r\n"


@blueprint.route("/<id:poll_id>/result", methods=["GET"], guard=public)
@blueprint.response(200, ResultOut())
@blueprint.problems(PollNotFound, errors.ResultNotPublished)
def get_result(poll_id: str) -> Any:
    """Read a published result: winners, every round with its explanation, for budgets what is funded and why."""
    return services.published_result(poll_id, _person_id())[1]


@blueprint.route("/<id:poll_id>/result.csv", methods=["GET"], guard=public, reads_per_minute=limits.FILES)
@blueprint.response(200, {"type": "string"}, content_type="text/csv", example=CSV_EXAMPLE)
@blueprint.problems(PollNotFound, errors.ResultNotPublished)
def get_result_csv(poll_id: str) -> Response:
    """Download a result as a table: one row per question, round and option."""
    poll, result = services.published_result(poll_id, _person_id())
    text = "".join(join(row) + "\r\n" for row in result_rows(poll["definition"], result))
    # The byte-order mark tells spreadsheets that this is UTF-8.
    return Response("\ufeff" + text, mimetype="text/csv")


@blueprint.route("/<id:poll_id>/result.html", methods=["GET"], guard=public)
@blueprint.response(200, {"type": "string"}, content_type="text/html", example=PAGE_EXAMPLE)
@blueprint.problems(PollNotFound, errors.ResultNotPublished)
def get_result_page(poll_id: str) -> Response:
    """Read a result as a piece of a page, in the language asked for."""
    poll, result = services.published_result(poll_id, _person_id())
    questions = {question["id"]: question for question in poll["definition"]["questions"]}
    page = render_template("voting/result.html", poll=poll, result=result, questions=questions, language=language())
    return Response(page, mimetype="text/html", headers={"Vary": "Accept-Language"})


@blueprint.route("/<id:poll_id>/figures", methods=["GET"], guard=public)
@blueprint.response(200, FiguresOut())
@blueprint.problems(PollNotFound, errors.FiguresHidden)
def get_figures(poll_id: str) -> Any:
    """Read the totals so far, where the poll shows them: to everybody, or to those who have voted."""
    return services.figures(poll_id, person_or_none(), now=now())


def _person_id() -> str | None:
    person = person_or_none()
    return person.id if person else None
