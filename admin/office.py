"""Campaigns, settings, the system's state and reports."""

import platform
from importlib.metadata import version
from typing import Any

from celery import current_app as worker
from flask import render_template, request
from redis import Redis
from redis.exceptions import RedisError

from admin.export import table_answer
from admin.forms import Form
from admin.maps import city_map
from admin.pages import done, panel, refused
from admin.panel import blueprint
from admin.words import district, districts, say
from mvoting.accounts import residents
from mvoting.accounts.guards import current_staff
from mvoting.core.clock import now
from mvoting.core.database import database
from mvoting.core.districts import DISTRICTS
from mvoting.core.hints import QUEUES
from mvoting.core.problems import Problem
from mvoting.core.settings import settings
from mvoting.voting.polls import citizens
from mvoting.voting.polls.schemas import PolicyIn
from notifications.campaigns import holds as campaign_holds
from notifications.campaigns import services as campaign_services
from notifications.campaigns import staff as campaign_staff
from notifications.campaigns.schemas import CampaignCancelIn, CampaignIn
from notifications.inbox import services as inbox
from proposals.ideas.services import programmes, reading
from proposals.moderation import schemas as moderation_schemas
from proposals.moderation import services as moderation

WRITER = panel("poll_officer", "administrator")
CAMPAIGN_READER = panel("poll_officer", "administrator", "auditor")
ADMINISTRATOR = panel("administrator")
OPERATOR = panel("administrator", "auditor")
PACKAGES = ("flask", "flask-smorest", "mongoengine", "pymongo", "celery", "firebase-admin", "pyjwt")


@blueprint.page("/campaigns", guard=CAMPAIGN_READER, methods=("GET", "POST"))
def campaigns() -> Any:
    """List what went out by push; draft a message."""
    form = Form({"to": "districts"})
    if form.is_sent:
        panel("poll_officer", "administrator").check()
        with form.refusals():
            body = form.load(CampaignIn(), _campaign(form))
            campaign = campaign_staff.draft(body, by=current_staff().id, now=now())
            told = say("초안을 저장했습니다. 다른 사람이 내보냅니다.", "The draft is stored; a colleague releases it.")
            return done(told, "campaign", campaign_id=campaign["_id"])
    found, following = campaign_services.list_campaigns(None, after=request.args.get("after"), limit=50)
    page = render_template("admin/office/campaigns.html", campaigns=found, following=following, form=form, districts=districts())
    return (page, 422) if form.problem else page


@blueprint.page("/campaigns/<string(maxlength=80):campaign_id>", guard=CAMPAIGN_READER)
def campaign(campaign_id: str) -> str:
    """Show a campaign and how far it is."""
    found = campaign_services.get_campaign(campaign_id)
    progress = campaign_services.progress(campaign_id)
    return render_template(
        "admin/office/campaign.html",
        campaign=found,
        progress=progress,
        reach=inbox.reach(campaign_id),
        total=sum(progress.values()),
    )


@blueprint.page("/campaigns/<string(maxlength=80):campaign_id>/act", guard=WRITER, methods=("POST",))
def campaign_act(campaign_id: str) -> Any:
    """Release a colleague's draft, or stop a campaign."""
    form = Form()
    try:
        if form.text("act") == "release":
            campaign_staff.release(campaign_id, by=current_staff().id, now=now())
        else:
            reason = form.load(CampaignCancelIn(), {"reason": form.text("reason")})["reason"]
            campaign_staff.cancel(campaign_id, reason, by=current_staff().id, now=now())
    except Problem as problem:
        return refused(problem, "campaign", campaign_id=campaign_id)
    return done(say("처리했습니다.", "Done."), "campaign", campaign_id=campaign_id)


@blueprint.page("/settings", guard=ADMINISTRATOR, methods=("GET", "POST"))
def office_settings() -> Any:
    """Show and change what the city decides; every change is validated by the API's own schemas."""
    form = Form()
    if form.is_sent:
        with form.refusals():
            if form.text("part") == "policy":
                entered = {"is_reviewed": bool(form.text("is_reviewed")), "daily_limit": _number(form.text("daily_limit"))}
                body = form.load(PolicyIn(), entered)
                citizens.set_policy(body["is_reviewed"], body["daily_limit"], staff_id=current_staff().id)
            else:
                words = {code: [w.strip() for w in form.text(f"words_{code}").splitlines() if w.strip()] for code in ("ko", "en")}
                entered = {"auto_hide_at": _number(form.text("auto_hide_at")), "words": words}
                moderation.change_settings(form.load(moderation_schemas.SettingsIn(), entered), current_staff().id)
            return done(say("저장했습니다.", "Stored."), "office_settings")
    page = render_template(
        "admin/office/settings.html",
        form=form,
        policy=citizens.policy(),
        moderation=moderation.moderation_settings(),
        programmes=programmes.programmes(),
    )
    return (page, 422) if form.problem else page


@blueprint.page("/system", guard=OPERATOR)
def system() -> str:
    """Show queues, database, push and versions on one page."""
    return render_template(
        "admin/office/system.html",
        queues=_queues(),
        database=_database(),
        stops=campaign_holds.platform_stops(),
        is_bulk_paused=campaign_holds.is_bulk_paused(now=now()),
        beat=sorted(worker.conf.beat_schedule.items()),
        versions=[(name, version(name)) for name in PACKAGES] + [("python", platform.python_version())],
        alert_mode=settings().alert_mode,
        env=settings().env,
    )


@blueprint.page("/reports", guard=OPERATOR)
def reports() -> Any:
    """Show participation by district and how departments answer."""
    counts = residents.count_by_district(list(DISTRICTS))
    replies = reading.reply_statistics(now=now())
    if request.args.get("as") and request.args.get("table") == "departments":
        columns = ["department", "promised", "kept_in_time", "kept_late", "overdue", "median_days"]
        return table_answer("departments", columns, ([row.get(name) for name in columns] for row in replies), request.args["as"])
    if request.args.get("as"):
        rows = ([code, district(code), counts.get(code, 0)] for code in DISTRICTS)
        return table_answer("districts", ["code", "district", "residents"], rows, request.args["as"])
    most = max(counts.values(), default=0) or 1
    shades = {code: -(-5 * count // most) for code, count in counts.items()}
    rows = sorted(((district(code), count) for code, count in counts.items()), key=lambda row: -row[1])
    return render_template("admin/office/reports.html", rows=rows, shades=shades, map=city_map(), replies=replies)


def _campaign(form: Form) -> dict[str, Any]:
    message = {code: {"title": form.text(f"title_{code}"), "body": form.text(f"body_{code}")} for code in ("ko", "en")}
    if not any(message["en"].values()):
        del message["en"]
    everyone = form.text("to") == "everyone"
    audience = {"everyone": everyone, "districts": [] if everyone else form.values("districts")}
    content = {"message": message, "audience": audience, "link": form.text("link") or "/"}
    content |= {name: form.moment(name) for name in ("starts_at", "expires_at") if form.text(name)}
    return content


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 7 else None


def _queues() -> list[tuple[str, int]] | None:
    try:
        with Redis.from_url(settings().redis_url, socket_connect_timeout=1, socket_timeout=1) as redis:
            return [(name, int(redis.llen(name))) for name in QUEUES]  # type: ignore[arg-type]
    except RedisError:
        return None


def _database() -> dict[str, Any]:
    hello = database().client.admin.command("hello")
    stats = database().command("dbStats")
    members = hello.get("hosts", [])
    return {"primary": hello.get("primary"), "members": members, "data": stats["dataSize"], "collections": stats["collections"]}
