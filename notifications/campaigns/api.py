"""`/v1/staff/campaigns`: what goes out by push, and messages that staff write."""

from mvoting.accounts.guards import current_staff, staff
from mvoting.core.clock import now
from mvoting.core.http import ApiBlueprint, required_version, with_version
from mvoting.core.idempotency import idempotent
from mvoting.core.pagination import BadCursor, page_schema
from mvoting.core.problems import PreconditionFailed, PreconditionRequired
from notifications.campaigns import errors, services
from notifications.campaigns import staff as staffed
from notifications.campaigns.schemas import (
    CampaignAudienceIn,
    CampaignCancelIn,
    CampaignIn,
    CampaignOut,
    CampaignProgressOut,
    CampaignQuery,
    PreviewOut,
)
from notifications.inbox import services as inbox
from notifications.people_lists.errors import ListNotFound
from notifications.templates.errors import TemplateNotFound

blueprint = ApiBlueprint("campaigns", __name__, url_prefix="/v1/staff/campaigns", description="Campaigns of pushes.")
WRITERS = staff("poll_officer", "administrator")
VERSIONED = (PreconditionFailed, PreconditionRequired)


@blueprint.route("/preview", methods=["POST"], guard=WRITERS)
@blueprint.arguments(CampaignAudienceIn())
@blueprint.response(200, PreviewOut())
@blueprint.problems(errors.CampaignInvalid, ListNotFound)
def preview_audience(body):
    """Count the phones of an audience."""
    return services.preview(staffed.audience_of(body))


@blueprint.route("", methods=["POST"], guard=WRITERS)
@idempotent
@blueprint.arguments(CampaignIn())
@blueprint.response(201, CampaignOut())
@blueprint.problems(errors.CampaignInvalid, TemplateNotFound, ListNotFound)
def create_campaign(body):
    """Draft a message; a colleague releases it."""
    return with_version(staffed.draft(body, by=current_staff().id, now=now()))


@blueprint.route("/<campaign_id>", methods=["PUT"], guard=WRITERS)
@blueprint.arguments(CampaignIn())
@blueprint.response(200, CampaignOut())
@blueprint.problems(
    errors.CampaignNotFound, errors.CampaignInvalid, errors.CampaignOver, TemplateNotFound, ListNotFound, *VERSIONED
)
def put_campaign(body, campaign_id):
    """Replace a draft; If-Match names the version that was read. Who changes it does not release it."""
    return with_version(staffed.edit(campaign_id, required_version(), body, by=current_staff().id, now=now()))


@blueprint.route("", methods=["GET"], guard=staff("poll_officer", "administrator", "auditor"))
@blueprint.arguments(CampaignQuery(), location="query")
@blueprint.response(200, page_schema(CampaignOut, "CampaignPage"))
@blueprint.problems(BadCursor)
def list_campaigns(query):
    """List campaigns, the newest first."""
    items, following = services.list_campaigns(query.get("kind"), after=query.get("after"), limit=query["limit"])
    return {"items": items, "next": following}


@blueprint.route("/<campaign_id>", methods=["GET"], guard=staff("poll_officer", "administrator", "auditor"))
@blueprint.response(200, CampaignProgressOut())
@blueprint.problems(errors.CampaignNotFound)
def get_campaign(campaign_id):
    """Read a campaign, how far it is and how many people it reached."""
    campaign = services.shown_to_staff(services.get_campaign(campaign_id))
    return {**campaign, "progress": services.progress(campaign_id), "reach": inbox.reach(campaign_id)}


@blueprint.route("/<campaign_id>/release", methods=["POST"], guard=WRITERS)
@blueprint.response(200, CampaignOut())
@blueprint.problems(errors.CampaignNotFound, errors.NeedsSecondPerson, errors.TooManyAlone, errors.CampaignOver, *VERSIONED)
def release_campaign(campaign_id):
    """Release a colleague's draft; If-Match names the version that was read."""
    return staffed.release(campaign_id, required_version(), by=current_staff().id, now=now())


@blueprint.route("/<campaign_id>/cancel", methods=["POST"], guard=WRITERS)
@blueprint.arguments(CampaignCancelIn())
@blueprint.response(200, CampaignOut())
@blueprint.problems(errors.CampaignNotFound, errors.CampaignOver, errors.AlertsHaveTheirOwn)
def cancel_campaign(body, campaign_id):
    """Stop a campaign, also while it runs."""
    return services.shown_to_staff(staffed.cancel(campaign_id, body["reason"], by=current_staff().id, now=now()))
