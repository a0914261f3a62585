"""Shapes of alerts at the door."""

from marshmallow import fields, validate

from mvoting.core.districts import DISTRICTS
from mvoting.core.pagination import PageQuery
from mvoting.core.schemas import Id, Input, LocalizedOut, Output, Text, UtcDateTime
from notifications.alerts.hazards import CLASSES, HAZARDS
from notifications.alerts.rules import ACTION_MAX, ISSUER_MAX, WHAT_MAX, WHERE_MAX, Kind, State
from notifications.areas.geometry import SHAPES_MAX, VERTICES_IN_MAX

LINKS_MAX = 5
SHELTERS_MAX = 50
WORDING = {
    "ko": {
        "issuer": "서울특별시",
        "where": "마포구 홍제천",
        "what": "수위가 빠르게 오르고 있습니다",
        "action": "하천변에서 즉시 나와 높은 곳으로 대피하세요",
    },
    "en": {
        "issuer": "Seoul",
        "where": "Hongjecheon, Mapo",
        "what": "the water is rising fast",
        "action": "Leave the riverside now for higher ground",
    },
}
FOLLOW_UPS = {"correction": Kind.CORRECTION, "all-clear": Kind.ALL_CLEAR}


class NameIn(Input):
    """A short name in both languages."""

    ko = Text(min=1, max=100, required=True)
    en = Text(min=1, max=100)


class AlertWordsIn(Input):
    """One language of an alert. Parts may be empty in a draft, but not when it is submitted."""

    issuer = Text(max=ISSUER_MAX, required=True, metadata={"example": "서울특별시"})
    where = Text(max=WHERE_MAX, required=True, metadata={"example": "마포구 홍제천"})
    what = Text(max=WHAT_MAX, required=True, metadata={"example": "수위가 빠르게 오르고 있습니다"})
    action = Text(max=ACTION_MAX, required=True, metadata={"example": "하천변에서 즉시 나와 높은 곳으로 대피하세요"})


class WordingIn(Input):
    """Who says so, where, what happened and what to do, in both languages."""

    ko = fields.Nested(AlertWordsIn(), required=True)
    en = fields.Nested(AlertWordsIn(), required=True)


class PreparedIn(Input):
    """Words of the correction and the all-clear; left out, they are made from the alert's own."""

    correction = fields.Nested(WordingIn())
    all_clear = fields.Nested(WordingIn())


class CircleIn(Input):
    """A circle on the ground."""

    lon = fields.Float(required=True)
    lat = fields.Float(required=True)
    radius_m = fields.Float(required=True)


class AreaIn(Input):
    """Where people are alerted; polygons are rings of [lon, lat], as GeoJSON has it."""

    districts = fields.List(fields.String(), load_default=list, validate=validate.Length(max=len(DISTRICTS)))
    polygons = fields.List(
        fields.List(
            fields.List(fields.Float(), validate=validate.Length(equal=2)), validate=validate.Length(max=VERTICES_IN_MAX)
        ),
        load_default=list,
        validate=validate.Length(max=SHAPES_MAX),
    )
    circles = fields.List(fields.Nested(CircleIn()), load_default=list, validate=validate.Length(max=SHAPES_MAX))


class AlertLinkIn(Input):
    """Where to read on."""

    title = fields.Nested(NameIn(), required=True)
    url = fields.Url(schemes={"http", "https"}, require_tld=False, required=True, validate=validate.Length(max=500))


class ShelterIn(Input):
    """Where to go."""

    name = fields.Nested(NameIn(), required=True)
    address = Text(min=1, max=200, required=True)
    lon = fields.Float(validate=validate.Range(124, 132))
    lat = fields.Float(validate=validate.Range(33, 43))


class AlertIn(Input):
    """An alert as its author enters it."""

    alert_class = fields.String(
        data_key="class", required=True, validate=validate.OneOf(list(CLASSES)), metadata={"example": "extreme"}
    )
    hazard = fields.String(required=True, validate=validate.OneOf(list(HAZARDS)), metadata={"example": "flood"})
    wording = fields.Nested(WordingIn(), required=True)
    area = fields.Nested(AreaIn(), required=True)
    expires_at = UtcDateTime(required=True)
    is_exercise = fields.Boolean(load_default=False)
    links = fields.List(fields.Nested(AlertLinkIn()), load_default=list, validate=validate.Length(max=LINKS_MAX))
    shelters = fields.List(fields.Nested(ShelterIn()), load_default=list, validate=validate.Length(max=SHELTERS_MAX))
    prepared = fields.Nested(PreparedIn(), load_default=dict)


class SubmitIn(Input):
    """Handing over for approval."""

    repeats_seen = fields.List(
        Id(),
        load_default=list,
        validate=validate.Length(max=50),
        metadata={"description": "ids of earlier alerts (alerts.repeated) that the person has seen and still wants another"},
    )


class ApproveIn(SubmitIn):
    """Release by a second person."""

    typed = Text(
        min=1,
        max=100,
        required=True,
        metadata={"example": "마포구 위급 발송", "description": "the confirmation exactly as the review shows it"},
    )


class NoteIn(Input):
    """Why."""

    note = Text(min=1, max=500, required=True)


class FollowUpIn(Input):
    """Sending what was prepared, or opening a draft with other words."""

    note = Text(max=500, load_default="")
    is_reworded = fields.Boolean(load_default=False, metadata={"description": "true: open a draft that two people release"})


class AlertQuery(PageQuery):
    """Which alerts are listed."""

    state = fields.String(validate=validate.OneOf([state.value for state in State]), metadata={"description": "where it stands"})


class AreaOut(Output):
    """Where."""

    districts = fields.List(fields.String(), required=True)
    polygons = fields.List(fields.List(fields.List(fields.Float())), required=True)
    circles = fields.List(fields.Dict(), required=True)


class AlertOut(Output):
    """An alert as everybody sees it."""

    id = fields.String(required=True, attribute="_id")
    kind = fields.String(required=True, validate=validate.OneOf([kind.value for kind in Kind]))
    alert_class = fields.String(data_key="class", required=True, validate=validate.OneOf(list(CLASSES)))
    hazard = fields.String(required=True, validate=validate.OneOf(list(HAZARDS)))
    title = fields.Nested(LocalizedOut(), attribute="titles", required=True)
    text = fields.Nested(LocalizedOut(), attribute="texts", required=True)
    area = fields.Nested(AreaOut(), required=True)
    is_exercise = fields.Boolean(required=True)
    is_test = fields.Function(lambda alert: alert["mode"] == "test", metadata={"type": "boolean"})
    original_id = fields.String(metadata={"description": "of the alert that this corrects or clears"})
    superseded_at = UtcDateTime(metadata={"description": "when a correction or all-clear took its place"})
    issued_at = UtcDateTime(attribute="approved_at")
    expires_at = UtcDateTime(required=True)
    cancelled_at = UtcDateTime()
    links = fields.List(fields.Dict(), required=True)
    shelters = fields.List(fields.Dict(), required=True)


class ActiveAlertsOut(Output):
    """What is in force."""

    items = fields.List(fields.Nested(AlertOut()), required=True)


class TrailOut(Output):
    """Who did what."""

    at = UtcDateTime(required=True)
    who = fields.String(required=True)
    act = fields.String(required=True, metadata={"example": "approve"})
    note = fields.String(required=True)


class StaffAlertOut(AlertOut):
    """An alert as staff see it."""

    state = fields.String(
        required=True, validate=validate.OneOf([state.value for state in State]), metadata={"example": "submitted"}
    )
    version = fields.Integer(required=True)
    mode = fields.String(required=True, validate=validate.OneOf(["live", "test"]))
    origin = fields.Dict(required=True, metadata={"example": {"kind": "staff", "id": "01kbn6v3tq8w2y4z6a7c9e0g1h"}})
    wording = fields.Dict(required=True, metadata={"example": WORDING})
    prepared = fields.Dict(required=True, metadata={"example": {"correction": WORDING, "all_clear": WORDING}})
    author_ids = fields.List(fields.String(), required=True)
    approved_by = fields.String()
    followed_by = fields.Dict(required=True, metadata={"example": {"all_clear": "01kbn6v3tq8w2y4z6a7c9e0g1h"}})
    created_at = UtcDateTime(required=True)
    sent_at = UtcDateTime()
    trail = fields.List(fields.Nested(TrailOut()))


class ReviewOut(StaffAlertOut):
    """What an approver must see before release."""

    audience_count = fields.Integer(required=True, metadata={"description": "phones that would be reached"})
    progress = fields.Dict(
        required=True, metadata={"example": {"sent": 8123, "pending": 512}, "description": "of the pushes: how many stand where"}
    )
    confirmation = fields.Nested(LocalizedOut(), required=True, metadata={"description": "words to be typed"})
    repeats = fields.List(fields.Dict(), required=True, metadata={"description": "same hazard and area within 24 h"})
    gaps = fields.Dict(
        required=True,
        metadata={"example": {"en.what": "missing"}, "description": "what keeps it from being sent: path → missing, too-long"},
    )
    prepared_texts = fields.Dict(
        required=True,
        metadata={
            "example": {
                "all_clear": {
                    "ko": "[서울특별시] 마포구 홍제천 호우·침수 위험이 해제되었습니다. 안전을 확인한 뒤 일상으로 돌아가셔도 됩니다."
                }
            }
        },
    )


class StaffAlertPageItemOut(StaffAlertOut):
    """An alert in the staff's list; the trail is in the alert itself."""

    class Meta:
        exclude = ("trail",)
