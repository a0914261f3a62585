"""Shapes of staff campaigns at the door."""

from marshmallow import fields, validate

from mvoting.core.districts import DISTRICTS
from mvoting.core.pagination import PageQuery
from mvoting.core.schemas import Input, Output, Text, UtcDateTime
from notifications.campaigns.templates import BODY_MAX, TITLE_MAX
from notifications.preferences.kinds import KINDS


class CampaignTextIn(Input):
    """A push in one language."""

    title = Text(min=1, max=TITLE_MAX, required=True)
    body = Text(min=1, max=BODY_MAX, required=True, lines=True)


class CampaignMessageIn(Input):
    """A push as staff write it."""

    ko = fields.Nested(CampaignTextIn(), required=True)
    en = fields.Nested(CampaignTextIn())


class CampaignAudienceIn(Input):
    """Who gets it: everyone or districts, narrowed by language and trust."""

    everyone = fields.Boolean(load_default=False)
    districts = fields.List(
        fields.String(validate=validate.OneOf(list(DISTRICTS))), load_default=list, validate=validate.Length(max=25)
    )
    languages = fields.List(
        fields.String(validate=validate.OneOf(["ko", "en"])), load_default=list, validate=validate.Length(max=2)
    )
    trust = fields.String(validate=validate.OneOf(["resident"]))


class CampaignIn(Input):
    """A campaign as staff draft it."""

    message = fields.Nested(CampaignMessageIn(), required=True)
    audience = fields.Nested(CampaignAudienceIn(), required=True)
    link = fields.String(load_default="/", validate=validate.Regexp(r"\A/(?!/)[\w/.:-]{0,199}\Z"))
    starts_at = UtcDateTime()
    expires_at = UtcDateTime(required=True)


class PreviewOut(Output):
    """How many phones it would address now."""

    devices = fields.Integer(required=True)


class CampaignQuery(PageQuery):
    """Which campaigns are listed."""

    kind = fields.String(validate=validate.OneOf(list(KINDS)))


class CampaignCancelIn(Input):
    """Why a campaign is stopped."""

    reason = Text(min=1, max=300, required=True)


class CampaignOut(Output):
    """A campaign."""

    id = fields.String(required=True, attribute="_id")
    kind = fields.String(required=True)
    state = fields.String(
        required=True, metadata={"description": "draft, scheduled, planning, sending, done, cancelled, stopped"}
    )
    message = fields.Dict(required=True)
    audience = fields.Dict(required=True)
    link = fields.String(required=True)
    starts_at = UtcDateTime(required=True)
    expires_at = UtcDateTime(required=True)
    created_at = UtcDateTime(required=True)
    planned_count = fields.Integer(allow_none=True)
    first_sent_at = UtcDateTime(allow_none=True)
    finished_at = UtcDateTime(allow_none=True)
    reason = fields.String(allow_none=True)


class CampaignProgressOut(CampaignOut):
    """A campaign and what became of it."""

    progress = fields.Dict(
        required=True,
        metadata={"description": "phones by result: sent, pending, dead, set_aside, muted, gone, digest, expired …"},
    )
    reach = fields.Dict(required=True, metadata={"description": "people whose phones said received, seen, opened"})
