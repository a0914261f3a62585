"""`/v1/staff/push-templates`: the texts of pushes; one person writes, another puts into use."""

from mvoting.accounts.guards import current_staff, staff
from mvoting.core.clock import now
from mvoting.core.http import ApiBlueprint
from mvoting.core.idempotency import idempotent
from mvoting.core.pagination import BadCursor, PageQuery, page_schema
from notifications.templates import errors, services
from notifications.templates.schemas import TemplateIn, TemplatePreviewIn, TemplatePreviewOut, TemplatesOut, TemplateVersionOut

blueprint = ApiBlueprint(
    "push_templates", __name__, url_prefix="/v1/staff/push-templates", description="Texts of pushes, in versions."
)
WRITERS = staff("poll_officer", "administrator")
READERS = staff("poll_officer", "administrator", "auditor")
KEY, VERSION = "<string(maxlength=40):key>", "<string(maxlength=50):version_id>"


@blueprint.route("", methods=["GET"], guard=READERS)
@blueprint.response(200, TemplatesOut())
def list_templates():
    """List the texts in use, with their fields and an example."""
    return {"items": services.overview()}


@blueprint.route("/waiting", methods=["GET"], guard=READERS)
@blueprint.arguments(PageQuery(), location="query")
@blueprint.response(200, page_schema(TemplateVersionOut, "WaitingTemplatePage"))
@blueprint.problems(BadCursor)
def list_waiting(query):
    """List the drafts of every text that wait for a second person, the newest first."""
    items, following = services.list_waiting(after=query.get("after"), limit=query["limit"])
    return {"items": items, "next": following}


@blueprint.route(f"/{KEY}/versions", methods=["GET"], guard=READERS)
@blueprint.arguments(PageQuery(), location="query")
@blueprint.response(200, page_schema(TemplateVersionOut, "TemplateVersionPage"))
@blueprint.problems(BadCursor)
def list_versions(query, key):
    """List the versions of a text that staff wrote, the newest first."""
    items, following = services.list_versions(key, after=query.get("after"), limit=query["limit"])
    return {"items": items, "next": following}


@blueprint.route(f"/{KEY}/versions", methods=["POST"], guard=WRITERS)
@idempotent
@blueprint.arguments(TemplateIn())
@blueprint.response(201, TemplateVersionOut())
@blueprint.problems(errors.TemplateNotFound, errors.TemplateRefused, errors.TemplateStateChanged)
def propose(body, key):
    """Write a new version; a colleague puts it into use."""
    return services.propose(key, body["texts"], body["note"], by=current_staff().id, now=now())


@blueprint.route(f"/{KEY}/preview", methods=["POST"], guard=READERS)
@blueprint.arguments(TemplatePreviewIn())
@blueprint.response(200, TemplatePreviewOut())
@blueprint.problems(errors.TemplateNotFound, errors.TemplateRefused)
def preview(body, key):
    """Show a text as people would read it, storing nothing."""
    return {"message": services.preview(key, body["texts"], body["values"])}


@blueprint.route(f"/versions/{VERSION}/agree", methods=["POST"], guard=WRITERS)
@blueprint.response(200, TemplateVersionOut())
@blueprint.problems(errors.TemplateNotFound, errors.OwnTemplate, errors.TemplateStateChanged, errors.TemplateRefused)
def agree(version_id):
    """Put a colleague's version into use."""
    return services.agree(version_id, by=current_staff().id, now=now())


@blueprint.route(f"/versions/{VERSION}/retire", methods=["POST"], guard=WRITERS)
@blueprint.response(200, TemplateVersionOut())
@blueprint.problems(errors.TemplateNotFound, errors.TemplateStateChanged)
def retire(version_id):
    """Take a version back; the product's own text is used again."""
    return services.retire(version_id, by=current_staff().id, now=now())
