"""The composer of campaigns: a message in one's own words or by a template, to whom, when, how it will look, how many phones."""

from typing import Any

from flask import render_template, request

from admin import campaign_form
from admin.forms import Form
from admin.pages import done, panel
from admin.panel import blueprint
from admin.words import choices, districts, say, topics
from mvoting.accounts.guards import current_staff
from mvoting.core.clock import now
from mvoting.core.problems import PreconditionFailed, Problem
from notifications.campaigns import services
from notifications.campaigns import staff as staffed
from notifications.campaigns.schemas import SPREAD_MINUTES_MAX, CampaignAudienceIn, CampaignIn
from notifications.people_lists import services as people_lists
from notifications.templates import services as templates
from notifications.templates.builtin import TEMPLATES
from notifications.templates.errors import TemplateNotFound
from notifications.templates.rules import BODY_MAX, TITLE_MAX

WRITER = panel("poll_officer", "administrator")
LISTS_SHOWN = 20
TRIES = {"preview", "count", "lists_after"}


@blueprint.page("/campaigns/new", guard=WRITER, methods=("GET", "POST"))
def campaign_new() -> Any:
    """Write a message, in one's own words or by a template; a colleague releases it."""
    form = Form(campaign_form.new(request.args.get("template", "")))
    if form.is_sent and not TRIES & request.form.keys():
        with form.refusals():
            body = form.load(CampaignIn(), campaign_form.content_of(form, _fields(form)))
            campaign = staffed.draft(body, by=current_staff().id, now=now())
            told = say("초안을 저장했습니다. 다른 사람이 내보냅니다.", "The draft is stored; a colleague releases it.")
            return done(told, "campaign", campaign_id=campaign["_id"])
    return _page(form, None)


@blueprint.page("/campaigns/<string(maxlength=80):campaign_id>/edit", guard=WRITER, methods=("GET", "POST"))
def campaign_edit(campaign_id: str) -> Any:
    """Change a draft; whoever saves second is shown what the first one changed."""
    campaign = services.shown_to_staff(services.get_campaign(campaign_id))
    form = Form(campaign_form.initial_of(campaign))
    if form.is_sent and not TRIES & request.form.keys():
        with form.refusals():
            body = form.load(CampaignIn(), campaign_form.content_of(form, _fields(form)))
            staffed.edit(campaign_id, _version(form), body, by=current_staff().id, now=now())
            return done(say("고쳐서 저장했습니다.", "The changes are stored."), "campaign", campaign_id=campaign_id)
    return _page(form, campaign)


@blueprint.page("/campaigns/preview", guard=WRITER, methods=("POST",))
def campaign_preview() -> str:
    """Show the message in the form as phones will show it."""
    form = Form()
    return render_template("admin/campaigns/preview.html", shown=_shown(form), form=form, **_lengths())


@blueprint.page("/campaigns/audience", guard=WRITER, methods=("POST",))
def campaign_audience() -> str:
    """Count the phones of the audience in the form."""
    form = Form()
    return render_template("admin/campaigns/audience.html", devices=_devices(form), form=form)


def _page(form: Form, campaign: dict[str, Any] | None) -> Any:
    campaign_form.place_errors(form)
    is_conflict = campaign is not None and form.status == PreconditionFailed.status
    lists, more_lists = _lists(form)
    stored = campaign["audience"].get("lists", []) if campaign else []
    named = {each["_id"]: each["name"] for each in [*lists, *people_lists.by_ids(stored)]}
    fields = _fields(form)
    page = render_template(
        "admin/campaigns/compose.html",
        form=form,
        campaign=campaign,
        differences=campaign_form.differences(form, campaign, named) if campaign and is_conflict else [],
        fields=fields,
        templates=_templates(),
        districts=districts(),
        topics=topics(),
        languages=choices("language"),
        lists=lists,
        more_lists=more_lists,
        spread_max=SPREAD_MINUTES_MAX,
        shown=_shown(form),
        devices=_devices(form) if "count" in request.form or not form.is_sent else None,
        **_lengths(),
    )
    return (page, form.status) if form.problem else page


def _lists(form: Form) -> tuple[list[dict[str, Any]], str | None]:
    """Give the chosen people lists and a page of the others, the newest first, and where the next page begins."""
    chosen = people_lists.by_ids(form.values("lists"))
    page, following = people_lists.list_lists(after=form.text("lists_after") or None, limit=LISTS_SHOWN)
    known = {each["_id"] for each in chosen}
    return chosen + [each for each in page if each["_id"] not in known], following


def _fields(form: Form) -> list[str] | None:
    """Give the fields of the chosen template, None where the message is in one's own words.

    A template that was taken back meanwhile leaves its last words to go on from.
    """
    key = form.value("template")
    try:
        return sorted(templates.current(key).fields()) if key else None
    except TemplateNotFound:
        return None


def _templates() -> list[tuple[str, str]]:
    """Give the texts that staff keep for campaigns of their own, by key and Korean or English title."""
    own = [each for each in templates.overview() if each["key"] not in TEMPLATES]
    return [(each["key"], say(each["texts"]["ko"]["title"], each["texts"]["en"]["title"])) for each in own]


def _shown(form: Form) -> dict[str, dict[str, str]] | None:
    """Give the message as phones will show it; None while a template's fields are not all filled in."""
    fields = _fields(form)
    if fields is None:
        pairs = {code: {part: form.value(f"{part}_{code}").strip() for part in ("title", "body")} for code in ("ko", "en")}
        return {code: text for code, text in pairs.items() if any(text.values())}
    values = {name: {code: form.value(f"value_{name}_{code}").strip() for code in ("ko", "en")} for name in fields}
    filled = {name: {code: text for code, text in value.items() if text} for name, value in values.items() if value["ko"]}
    try:
        return staffed.message_of({"template": {"key": form.value("template"), "values": filled}})[0]
    except Problem:
        return None


def _devices(form: Form) -> int | None:
    """Count the phones of the audience in the form; None where it is nobody, or wrong."""
    try:
        audience = form.load(CampaignAudienceIn(), campaign_form.audience_of(form))
        return services.preview(staffed.audience_of(audience))["devices"]
    except Problem:
        return None


def _lengths() -> dict[str, int]:
    return {"title_max": TITLE_MAX, "body_max": BODY_MAX}


def _version(form: Form) -> int:
    text = form.text("overwrite") or form.text("version")
    return int(text) if text.isdecimal() and len(text) < 10 else 0
