"""Documents of campaigns: the campaign, its ledger of batches, platforms that are stopped, days of people,
windows of staff."""

from mongoengine import (
    BinaryField,
    BooleanField,
    DateTimeField,
    DictField,
    Document,
    FloatField,
    IntField,
    ListField,
    StringField,
)

CAMPAIGN_STATES = ("draft", "scheduled", "planning", "sending", "done", "cancelled", "stopped")
LIVE_STATES = ["scheduled", "planning", "sending"]
BATCH_STATES = ("pending", "leased", "done", "cancelled", "failed")
LANES = ("default", "alerts")


class Campaign(Document):
    """One message to an audience. Stored before the first push, so that a phone that pulls sees it even if push is down."""

    id = StringField(primary_key=True)
    kind = StringField(required=True)
    urgency = StringField(required=True)
    lane = StringField(required=True, choices=LANES)
    audience = DictField(required=True)
    selectors = ListField(StringField())
    message = DictField(required=True)  # {"ko": {"title", "body"}, "en": {…}}
    message_id = StringField(required=True)  # shared by revisions of one message: a newer one replaces the older
    revision = IntField(required=True, default=1)
    link = StringField()
    data = DictField()
    template = StringField()
    template_values = DictField()  # what staff filled its fields with, to go on from
    author_ids = ListField(StringField())  # staff who wrote or changed it: none of them releases it
    version = IntField(default=1)  # grows with every change of a draft
    state = StringField(required=True, choices=CAMPAIGN_STATES)
    starts_at = DateTimeField(required=True)
    expires_at = DateTimeField(required=True)
    spread_s = FloatField(default=0)
    created_at = DateTimeField(required=True)
    created_by = DictField()
    released_by = StringField()
    released_at = DateTimeField()
    planned_at = DateTimeField()
    planned_count = IntField()
    first_sent_at = DateTimeField()
    finished_at = DateTimeField()
    totals = DictField()
    reason = StringField()  # why it was cancelled or stopped
    is_in_inbox = BooleanField(default=True)
    is_subject_hidden = BooleanField()  # what it is about was hidden: its text stands nowhere until that is seen again
    hinted_at = DateTimeField()
    meta = {
        "collection": "campaigns",
        "auto_create_index": False,
        "indexes": [
            ("selectors", "-starts_at", "-id"),
            ("state", "lane", "starts_at"),
            {"fields": ["data.subject_id"], "sparse": True},
            ("-created_at", "-id"),
            ("kind", "-created_at", "-id"),
            ("state", "-created_at", "-id"),
            {"fields": ["starts_at"], "partialFilterExpression": {"audience.people": {"$exists": True}}},
        ],
    }


class Batch(Document):
    """One row of the ledger: some phones of a campaign and what became of each.

    `results` holds one byte for each device, in order (see `rules.Result`). `attempt` is the fencing number: what a
    late sender writes with an older one is refused.
    """

    id = StringField(primary_key=True)  # campaign id, colon, number: planning twice makes nothing new
    campaign_id = StringField(required=True)
    number = IntField(required=True)
    lane = StringField(required=True)
    state = StringField(required=True, choices=BATCH_STATES)
    first = StringField()  # the first device: rows are ordered, so one look finds the row that may hold a device
    devices = ListField(StringField())
    results = BinaryField()
    due_at = DateTimeField()
    lease_until = DateTimeField()
    attempt = IntField(default=0)
    lost = IntField(default=0)  # leases that ran out: senders that died
    counts = DictField()
    finished_at = DateTimeField()
    meta = {
        "collection": "campaign_batches",
        "auto_create_index": False,
        "indexes": [
            ("campaign_id", "number"),
            ("campaign_id", "first"),
            ("campaign_id", "state"),
            ("lane", "state", "due_at"),
            ("lane", "state", "lease_until"),
        ],
    }


class PlatformStop(Document):
    """A platform (`android`, `ios`, `web`) that the service refuses for now."""

    id = StringField(primary_key=True)
    until = DateTimeField(required=True)
    reason = StringField()
    meta = {"collection": "push_platform_stops", "auto_create_index": False}


class AlonePushes(Document):
    """What rang on one member of staff's word alone in the last 24 hours; kept for two days."""

    id = StringField(primary_key=True)  # the member of staff
    rung = ListField(DictField())  # {"what", "count", "at"}
    is_taken = BooleanField()  # whether there was room for what was asked for last
    at = DateTimeField(required=True)
    meta = {
        "collection": "push_alone",
        "auto_create_index": False,
        "indexes": [{"fields": ["at"], "expireAfterSeconds": 2 * 24 * 3600}],
    }


class PushDay(Document):
    """What counts towards one person's cap on one day."""

    id = StringField(primary_key=True)  # day, colon, person
    day = StringField(required=True)
    person_id = StringField(required=True)
    counted = ListField(StringField())  # campaigns in the order in which they came, as many as the highest cap
    is_held = BooleanField()  # something was held back: it is told in the digest
    at = DateTimeField(required=True)
    meta = {
        "collection": "push_days",
        "auto_create_index": False,
        "indexes": [("day", "is_held", "id"), "person_id", {"fields": ["at"], "expireAfterSeconds": 3 * 24 * 3600}],
    }
