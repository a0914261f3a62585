"""`/v1/staff/people-lists`: lists of people for campaigns."""

from mvoting.accounts.guards import current_staff, staff
from mvoting.core.clock import now
from mvoting.core.http import ApiBlueprint
from mvoting.core.idempotency import idempotent
from mvoting.core.pagination import BadCursor, PageQuery, page_schema
from notifications.people_lists import errors, services
from notifications.people_lists.schemas import ListLookUpIn, ListLookUpOut, PeopleListFileIn, PeopleListIn, PeopleListOut

FILE_MAX_BYTES = 3 * 1024 * 1024

blueprint = ApiBlueprint(
    "people_lists", __name__, url_prefix="/v1/staff/people-lists", description="Lists of people for campaigns."
)
WRITERS = staff("poll_officer", "administrator")


@blueprint.route("", methods=["POST"], guard=WRITERS, body_limit_bytes=FILE_MAX_BYTES)
@idempotent
@blueprint.arguments(PeopleListIn(), location="query")
@blueprint.arguments(PeopleListFileIn(), location="files")
@blueprint.response(201, PeopleListOut())
@blueprint.problems(errors.ListRefused)
def upload_list(query, files):
    """Upload phone numbers as .csv or .xlsx; only which members they belong to is kept, for 90 days."""
    return services.upload(query["name"], files["file"].read(), by=current_staff().id, now=now())


@blueprint.route("", methods=["GET"], guard=WRITERS)
@blueprint.arguments(PageQuery(), location="query")
@blueprint.response(200, page_schema(PeopleListOut, "PeopleListPage"))
@blueprint.problems(BadCursor)
def list_lists(query):
    """List the lists, the newest first."""
    items, following = services.list_lists(after=query.get("after"), limit=query["limit"])
    return {"items": items, "next": following}


@blueprint.route("/<id:list_id>/look-up", methods=["POST"], guard=WRITERS)
@blueprint.arguments(ListLookUpIn())
@blueprint.response(200, ListLookUpOut())
@blueprint.problems(errors.ListNotFound, errors.NotAPhoneNumber)
def look_up(body, list_id):
    """Tell whether a number's holder is on the list; who asked and why is logged, the number is not."""
    return {"is_listed": services.look_up(list_id, body["number"], by=current_staff().id, reason=body["reason"])}


@blueprint.route("/<id:list_id>", methods=["DELETE"], guard=WRITERS)
@blueprint.response(204)
@blueprint.problems(errors.ListNotFound)
def remove_list(list_id):
    """Remove a list with everybody on it."""
    services.remove(list_id, by=current_staff().id)
