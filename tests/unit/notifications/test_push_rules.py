"""Pure decisions: quiet hours, backoff, jitter, audiences as words, conditions and answers."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.campaigns import audience as audiences
from notifications.campaigns import rules
from notifications.campaigns.audience import Audience
from notifications.channels.gateway import Verdict
from notifications.channels.throttle import LocalBucket
from notifications.devices.rules import condition
from notifications.preferences.rules import quiet_until
from notifications.templates.builtin import TEMPLATES
from notifications.templates.rules import BODY_MAX, TITLE_MAX, TemplateError

NIGHT = {"start": "22:00", "end": "07:00", "timezone": "Asia/Seoul"}
NOON = {"start": "12:00", "end": "13:00", "timezone": "Asia/Seoul"}


def seoul(hour, minute=0, day=22):
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC) - timedelta(hours=9)


@pytest.mark.parametrize(
    ("quiet", "at", "until"),
    [
        (NIGHT, seoul(23), seoul(7, day=23)),
        (NIGHT, seoul(3), seoul(7)),
        (NIGHT, seoul(22), seoul(7, day=23)),
        (NIGHT, seoul(7), None),
        (NIGHT, seoul(21, 59), None),
        (NOON, seoul(12, 30), seoul(13)),
        (NOON, seoul(13), None),
        ({}, seoul(3), None),
        (None, seoul(3), None),
    ],
)
def test_quiet_hours_of_ordinary_messages(quiet, at, until):
    assert quiet_until(quiet, "news", now=at) == until
    assert quiet_until(quiet, "alert_advisory", now=at) == until


@pytest.mark.parametrize("kind", ["alert_extreme", "alert_severe", "account"])
def test_what_passes_quiet_hours(kind):
    assert quiet_until(NIGHT, kind, now=seoul(3)) is None


def test_muting():
    device = {"state": "active", "muted": ["news", "alert_extreme", "alert_severe"]}
    assert rules.skip(device, "news") is rules.Result.MUTED
    assert rules.skip(device, "alert_severe") is rules.Result.MUTED
    assert rules.skip(device, "alert_extreme") is None
    assert rules.skip({**device, "state": "dead"}, "alert_extreme") is rules.Result.GONE
    assert rules.skip(None, "reply") is rules.Result.GONE
    blocked = {"state": "active", "permission": "denied"}
    assert rules.skip(blocked, "reply") is rules.Result.BLOCKED
    assert rules.skip(blocked, "alert_advisory") is None, "the setting may have changed since the app last told"


@given(st.integers(1, 1000), st.floats(0, 0.999))
def test_backoff_stays_in_its_bounds(attempt, chance):
    wait_s = rules.backoff_s(attempt, chance)
    longest = min(2 * 2 ** min(attempt - 1, 10), 60)
    assert longest / 2 <= wait_s <= longest


def test_jitter_is_the_same_at_every_planning_and_none_for_small_campaigns():
    waits = [rules.jitter_s(f"c:{n:06d}", n, 120.0) for n in range(1000)]
    assert waits == [rules.jitter_s(f"c:{n:06d}", n, 120.0) for n in range(1000)]
    assert waits[:10] == [0.0] * 10
    assert all(0 <= wait <= 120 for wait in waits)
    assert 50 < sum(waits[10:]) / 990 < 70


def test_a_few_malformed_addresses_are_the_phones_fault_many_the_messages():
    assert not rules.blames_the_message(Counter({Verdict.BAD_ADDRESS: 19}))
    assert rules.blames_the_message(Counter({Verdict.BAD_ADDRESS: 20, Verdict.ACCEPTED: 20}))
    assert not rules.blames_the_message(Counter({Verdict.BAD_ADDRESS: 20, Verdict.ACCEPTED: 21}))
    assert not rules.blames_the_message(Counter({Verdict.BAD_ADDRESS: 40, Verdict.ACCEPTED: 60}))
    assert rules.blames_the_message(Counter({Verdict.BAD_ADDRESS: 60, Verdict.ACCEPTED: 40}))


def test_a_test_alert_spares_the_phones_of_the_live_city():
    live, registered = {"state": "active"}, {"state": "active", "alert_mode": "test"}
    assert rules.skip(live, "alert_extreme", "test") is rules.Result.GONE
    assert rules.skip(registered, "alert_extreme", "test") is None
    assert rules.skip(live, "alert_extreme") is None
    assert rules.skip(None, "alert_extreme") is rules.Result.GONE
    assert rules.skip({"state": "dead"}, "alert_extreme") is rules.Result.GONE


@pytest.mark.parametrize(
    ("minute", "spread_s"), [(58, 0.0), (59, rules.SPREAD_S), (0, rules.SPREAD_S), (1, rules.SPREAD_S), (2, 0.0)]
)
def test_what_starts_at_the_full_hour_is_spread(minute, spread_s):
    assert rules.default_spread_s(seoul(9, minute)) == spread_s


def test_the_truth_about_a_device():
    now = seoul(12)
    device = {"state": "active", "permission": "granted", "refreshed_at": now}
    assert condition(device, now=now) == "ready"
    assert condition({**device, "permission": "denied"}, now=now) == "blocked"
    assert condition({**device, "state": "dead"}, now=now) == "gone"
    assert condition({**device, "state": "quarantined"}, now=now) == "set_aside"
    old = {**device, "refreshed_at": now - timedelta(days=31)}
    assert condition(old, now=now) == "silent"
    assert condition({**old, "reached_at": now - timedelta(days=3)}, now=now) == "ready"
    assert condition({**device, "refreshed_at": now - timedelta(days=270)}, now=now) == "expired"


def test_a_local_bucket_never_gives_more_than_its_rate():
    bucket, granted, now = LocalBucket(100.0), 0, 50.0
    for _ in range(1000):
        wait_s = bucket.take(10, now)
        granted += 0 if wait_s else 10
        now += wait_s or 0.001
    assert granted <= 100 + (now - 50.0) * 100 + 10


def test_an_audience_of_nobody_is_refused():
    for nobody in ({}, {"languages": ("ko",)}, {"trust": "resident"}):
        with pytest.raises(ValueError, match="empty"):
            Audience(**nobody)


CODES, PEOPLE = st.sampled_from(["11110", "11140", "11680"]), st.sampled_from(["ann", "bob"])
AUDIENCES = st.builds(
    Audience,
    everyone=st.booleans(),
    districts=st.lists(CODES, max_size=2, unique=True).map(tuple),
    people=st.lists(PEOPLE, min_size=1, max_size=2, unique=True).map(tuple),
    languages=st.sampled_from([(), ("ko",), ("en",)]),
    trust=st.sampled_from([None, "resident"]),
)


def _matches(device, query):
    """Read the few operators that conditions use, as the database does."""
    for key, wanted in query.items():
        if key == "$or":
            if not any(_matches(device, part) for part in wanted):
                return False
            continue
        value = device.get(key)
        if isinstance(wanted, dict):
            values = value if isinstance(value, list) else [value]
            if not set(values) & set(wanted["$in"]):
                return False
        elif value != wanted:
            return False
    return True


@given(
    AUDIENCES,
    PEOPLE,
    st.lists(CODES, max_size=2, unique=True),
    st.sampled_from(["ko", "en"]),
    st.sampled_from(["member", "resident"]),
)
def test_planner_and_inbox_agree_about_whom_a_campaign_concerns(audience, person, places, language, trust):
    device = {"_id": "d", "state": "active", "places": places, "language": language, "trust": trust}
    named = person in audience.people and (not audience.languages or language in audience.languages)
    planned = _matches(device, audiences.condition(audience)) or (named and audience.trust in (None, trust))
    shown = audiences.concerns(audience, person, places=places, languages=[language], trust=trust)
    assert planned == shown
    words = set(audiences.selectors(audience)) & set(audiences.selectors_of_person(person, places, has_phone=True))
    assert not shown or words, "the inbox finds by words what concerns the person"


@given(AUDIENCES)
def test_an_audience_is_stored_and_read_back(audience):
    assert audiences.from_document(audience.document()) == audience


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=lambda template: template.name)
@given(value=st.text(max_size=3000))
def test_templates_fit_whatever_is_filled_in(template, value):
    message = template.render(dict.fromkeys(template.fields(), value))
    assert set(message) == {"ko", "en"}
    for text in message.values():
        assert len(text["title"]) <= TITLE_MAX
        assert len(text["body"]) <= BODY_MAX


def test_a_template_names_the_fields_it_misses():
    with pytest.raises(TemplateError, match=r"poll_opened:1 needs closes, title"):
        TEMPLATES["poll_opened"].render({})


def test_fields_of_people_are_no_format_strings():
    message = TEMPLATES["proposal_stage"].render({"title": "{0.__class__}", "stage": "{title}"})
    assert message["ko"]["body"] == "{0.__class__} · {title}"


def test_threads_that_ask_at_once_get_no_more_than_there_is():
    bucket = LocalBucket(1000.0)
    with ThreadPoolExecutor(16) as pool:
        granted = [waits == 0.0 for waits in pool.map(lambda _: bucket.take(10, 50.0), range(2000))]
    assert sum(granted) == 100
    assert bucket.take(10, 49.0) > 0.0, "a clock read earlier brings nothing back"
