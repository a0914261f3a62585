"""Campaigns and deliveries: one person drafts, another releases; how far each is, and what became of it."""

from typing import Any

from flask import render_template, request

from admin.forms import Form
from admin.pages import done, panel, refused
from admin.panel import blueprint
from admin.words import choices, districts, say
from mvoting.accounts.guards import current_staff
from mvoting.core.clock import now
from mvoting.core.problems import Problem
from notifications.campaigns import services
from notifications.campaigns import staff as staffed
from notifications.campaigns.models import CAMPAIGN_STATES
from notifications.campaigns.schemas import CampaignCancelIn, CampaignIn
from notifications.inbox import services as inbox

WRITER = panel("poll_officer", "administrator")
CAMPAIGN_READER = panel("poll_officer", "administrator", "auditor")


@blueprint.page("/campaigns", guard=CAMPAIGN_READER, methods=("GET", "POST"))
def campaigns() -> Any:
    """List what went out by push; draft a message."""
    form = Form({"to": "districts"})
    if form.is_sent:
        panel("poll_officer", "administrator").check()
        with form.refusals():
            body = form.load(CampaignIn(), _campaign(form))
            campaign = staffed.draft(body, by=current_staff().id, now=now())
            told = say("초안을 저장했습니다. 다른 사람이 내보냅니다.", "The draft is stored; a colleague releases it.")
            return done(told, "campaign", campaign_id=campaign["_id"])
    state = request.args.get("state") if request.args.get("state") in CAMPAIGN_STATES else None
    found, following = services.list_campaigns(None, state=state, after=request.args.get("after"), limit=50)
    page = render_template(
        "admin/office/campaigns.html",
        campaigns=found,
        following=following,
        form=form,
        districts=districts(),
        state=state,
        states=choices("campaign_state", CAMPAIGN_STATES),
    )
    return (page, 422) if form.problem else page


@blueprint.page("/campaigns/<string(maxlength=80):campaign_id>", guard=CAMPAIGN_READER)
def campaign(campaign_id: str) -> str:
    """Show a campaign and how far it is."""
    found = services.shown_to_staff(services.get_campaign(campaign_id))
    progress = services.progress(campaign_id)
    return render_template(
        "admin/office/campaign.html",
        campaign=found,
        progress=progress,
        reach=inbox.reach(campaign_id),
        total=sum(progress.values()),
        devices=staffed.devices_of(found) if found["state"] == "draft" else None,
    )


@blueprint.page("/campaigns/<string(maxlength=80):campaign_id>/act", guard=WRITER, methods=("POST",))
def campaign_act(campaign_id: str) -> Any:
    """Release a colleague's draft, or stop a campaign."""
    form = Form()
    try:
        if form.text("act") == "release":
            staffed.release(campaign_id, by=current_staff().id, now=now())
        else:
            reason = form.load(CampaignCancelIn(), {"reason": form.text("reason")})["reason"]
            staffed.cancel(campaign_id, reason, by=current_staff().id, now=now())
    except Problem as problem:
        return refused(problem, "campaign", campaign_id=campaign_id)
    return done(say("처리했습니다.", "Done."), "campaign", campaign_id=campaign_id)


def _campaign(form: Form) -> dict[str, Any]:
    message = {code: {"title": form.text(f"title_{code}"), "body": form.text(f"body_{code}")} for code in ("ko", "en")}
    if not any(message["en"].values()):
        del message["en"]
    everyone = form.text("to") == "everyone"
    audience = {"everyone": everyone, "districts": [] if everyone else form.values("districts")}
    content = {"message": message, "audience": audience, "link": form.text("link") or "/"}
    content |= {name: form.moment(name) for name in ("starts_at", "expires_at") if form.text(name)}
    return content
