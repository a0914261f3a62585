"""Campaigns and deliveries: one person drafts, another releases; how far each is, and what became of it."""

from collections.abc import Mapping
from typing import Any

from flask import render_template, request

from admin import deliveries
from admin.forms import Form
from admin.pages import ROWS, done, panel, refused
from admin.panel import blueprint
from admin.words import choices, district, label, say, topic
from mvoting.accounts import staff_management
from mvoting.accounts.guards import current_staff
from mvoting.core.clock import now
from mvoting.core.problems import Problem
from notifications.campaigns import services
from notifications.campaigns import staff as staffed
from notifications.campaigns.models import CAMPAIGN_STATES, LIVE_STATES
from notifications.campaigns.schemas import CampaignCancelIn
from notifications.inbox import services as inbox
from notifications.people_lists import services as people_lists

WRITER = panel("poll_officer", "administrator")
CAMPAIGN_READER = panel("poll_officer", "administrator", "auditor")


@blueprint.page("/campaigns", guard=CAMPAIGN_READER)
def campaigns() -> str:
    """List what went out by push, and what waits to."""
    state = request.args.get("state") if request.args.get("state") in CAMPAIGN_STATES else None
    found, following = services.list_campaigns(None, state=state, after=request.args.get("after"), limit=ROWS)
    return render_template(
        "admin/campaigns/list.html",
        campaigns=found,
        following=following,
        state=state,
        states=choices("campaign_state", CAMPAIGN_STATES),
    )


@blueprint.page("/campaigns/<string(maxlength=80):campaign_id>", guard=CAMPAIGN_READER)
def campaign(campaign_id: str) -> str:
    """Show a campaign, to whom it goes, and how far it is."""
    found = services.shown_to_staff(services.get_campaign(campaign_id))
    progress = services.progress(campaign_id)
    people = {*found.get("author_ids", []), found.get("released_by"), found["created_by"].get("id")} - {None}
    return render_template(
        "admin/campaigns/campaign.html",
        campaign=found,
        audience=_audience(found["audience"]),
        names=staff_management.names(sorted(people)),
        is_moving=deliveries.is_moving(found["state"] in LIVE_STATES, found.get("finished_at")),
        is_editable=staffed.is_editable(found),
        is_author=staffed.is_author(found, current_staff().id),
        progress=progress,
        reach=inbox.reach(campaign_id),
        total=sum(progress.values()),
        devices=staffed.devices_of(found) if found["state"] == "draft" else None,
    )


@blueprint.page("/campaigns/<string(maxlength=80):campaign_id>/act", guard=WRITER, methods=("POST",))
def campaign_act(campaign_id: str) -> Any:
    """Release a colleague's draft, or stop a campaign."""
    form, by = Form(), current_staff().id
    try:
        if form.text("act") == "release":
            version = form.text("version")
            staffed.release(campaign_id, int(version) if version.isdecimal() and len(version) < 10 else 0, by=by, now=now())
            return done(say("내보냈습니다.", "Released."), "campaign", campaign_id=campaign_id)
        reason = form.load(CampaignCancelIn(), {"reason": form.text("reason")})["reason"]
        staffed.cancel(campaign_id, reason, by=by, now=now())
    except Problem as problem:
        return refused(problem, "campaign", campaign_id=campaign_id)
    return done(say("멈추었습니다.", "Stopped."), "campaign", campaign_id=campaign_id)


def _audience(audience: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Give (what narrows it, how) of an audience as staff read it."""
    everyone = say("모두", "Everyone") if audience.get("everyone") else ""
    where = ", ".join(district(code) for code in audience.get("districts", [])) or everyone
    rows = [(say("받는 사람", "To"), where)]
    if audience.get("people_count"):
        rows = [(say("받는 사람", "To"), say(f"{audience['people_count']:,}명", f"{audience['people_count']:,} people"))]
    narrowed = (
        ("topics", [topic(name) for name in audience.get("topics", [])]),
        ("languages", [label("language", code) for code in audience.get("languages", [])]),
        ("trust", [label("level", audience["trust"])] if audience.get("trust") else []),
        ("lists", people_lists.names(audience.get("lists", []))),
    )
    return [row for row in rows if row[1]] + [
        (label("campaign_field", name), ", ".join(words)) for name, words in narrowed if words
    ]
