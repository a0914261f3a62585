"""Shapes of staff campaigns at the door."""

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from mvoting.core.districts import DISTRICTS
from mvoting.core.pagination import PageQuery
from mvoting.core.schemas import Id, Input, Output, Text, UtcDateTime
from notifications.campaigns.models import CAMPAIGN_STATES
from notifications.preferences.kinds import KINDS
from notifications.templates.rules import BODY_MAX, KEY, TITLE_MAX
from notifications.templates.schemas import field_values
from proposals.vocabulary import CATEGORIES

SPREAD_MINUTES_MAX = 240
MESSAGE = {"ko": {"title": "한강 불꽃축제", "body": "토요일 저녁 7시, 여의도에서 만나요."}}


class CampaignTextIn(Input):
    """A push in one language."""

    title = Text(min=1, max=TITLE_MAX, required=True)
    body = Text(min=1, max=BODY_MAX, required=True, lines=True)


class CampaignMessageIn(Input):
    """A push as staff write it."""

    ko = fields.Nested(CampaignTextIn(), required=True)
    en = fields.Nested(CampaignTextIn())


class CampaignAudienceIn(Input):
    """Who gets it: everyone or districts, narrowed by topic, people list, language and trust; each that is given must fit."""

    everyone = fields.Boolean(load_default=False)
    districts = fields.List(
        fields.String(validate=validate.OneOf(list(DISTRICTS))), load_default=list, validate=validate.Length(max=25)
    )
    languages = fields.List(
        fields.String(validate=validate.OneOf(["ko", "en"])), load_default=list, validate=validate.Length(max=2)
    )
    trust = fields.String(validate=validate.OneOf(["resident"]))
    topics = fields.List(
        fields.String(validate=validate.OneOf(list(CATEGORIES))),
        load_default=list,
        validate=validate.Length(max=20),
        metadata={"description": "only who follows one of these"},
    )
    lists = fields.List(
        Id(),
        load_default=list,
        validate=validate.Length(max=10),
        metadata={"description": "only who is on one of these people lists"},
    )


class TemplateChoiceIn(Input):
    """A template in use and what fills its fields."""

    key = fields.String(required=True, validate=validate.Regexp(KEY), metadata={"example": "festival"})
    values = field_values()


class CampaignIn(Input):
    """A campaign as staff draft it: with a text of its own or a template's."""

    message = fields.Nested(CampaignMessageIn())
    template = fields.Nested(TemplateChoiceIn())
    audience = fields.Nested(CampaignAudienceIn(), required=True)
    link = fields.String(load_default="/", validate=validate.Regexp(r"\A/(?!/)[\w/.:-]{0,199}\Z"))
    starts_at = UtcDateTime()
    expires_at = UtcDateTime(required=True)
    spread_minutes = fields.Integer(
        validate=validate.Range(0, SPREAD_MINUTES_MAX),
        metadata={"description": "start spread over so long; absent: two minutes near the full hour, when all the world pushes"},
    )

    @validates_schema
    def _one_text(self, data: dict[str, Any], **_: Any) -> None:
        if ("message" in data) == ("template" in data):
            raise ValidationError("Give either a message or a template.", "message")


class PreviewOut(Output):
    """How many phones it would address now."""

    devices = fields.Integer(required=True)


class CampaignQuery(PageQuery):
    """Which campaigns are listed."""

    kind = fields.String(validate=validate.OneOf(list(KINDS)), metadata={"description": "one kind of message only"})


class CampaignCancelIn(Input):
    """Why a campaign is stopped."""

    reason = Text(min=1, max=300, required=True)


class CampaignOut(Output):
    """A campaign."""

    id = fields.String(required=True, attribute="_id")
    kind = fields.String(required=True, validate=validate.OneOf(list(KINDS)))
    state = fields.String(required=True, metadata={"example": "sending"}, validate=validate.OneOf(CAMPAIGN_STATES))
    message = fields.Dict(required=True, metadata={"example": MESSAGE})
    audience = fields.Dict(required=True, metadata={"example": {"districts": ["11440"], "topics": ["culture"]}})
    link = fields.String(required=True)
    template = fields.String(allow_none=True, metadata={"example": "festival:2"})
    starts_at = UtcDateTime(required=True)
    spread_s = fields.Float(metadata={"description": "its start is spread over so many seconds"})
    expires_at = UtcDateTime(required=True)
    created_at = UtcDateTime(required=True)
    version = fields.Integer(required=True, metadata={"description": "of a draft: If-Match of its change and of its release"})
    planned_count = fields.Integer(allow_none=True)
    first_sent_at = UtcDateTime(allow_none=True)
    finished_at = UtcDateTime(allow_none=True)
    reason = fields.String(allow_none=True)


class CampaignProgressOut(CampaignOut):
    """A campaign and what became of it."""

    progress = fields.Dict(
        required=True,
        metadata={
            "example": {"sent": 8123, "pending": 512, "dead": 3},
            "description": "phones by result: sent, pending, dead, set_aside, muted, gone, digest, expired …",
        },
    )
    reach = fields.Dict(
        required=True,
        metadata={
            "example": {"received": 6020, "seen": 3110, "opened": 940},
            "description": "people whose phones said received, seen, opened",
        },
    )
