"""From CAP to an alert: class, hazard, area and words."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifications.alerts import rules as alerts
from notifications.alerts.rules import Label, Wording
from notifications.cap.message import CapArea, CapCircle, CapInfo, CapMessage
from notifications.feeds import rules
from notifications.feeds.area import read_area

NOW = datetime(2026, 7, 20, 18, 10, tzinfo=UTC)
INFO = CapInfo(categories=("Met",), event="Flood warning", urgency="Immediate", severity="Severe", certainty="Likely")
MAPO = CapArea("Mapo", geocodes=(("code", "11440"),))


def message(*infos, **changes):
    facts = {"identifier": "a", "sender": "s", "sent": NOW, "status": "Actual", "msg_type": "Alert", "scope": "Public"}
    return CapMessage(**{**facts, "infos": infos, **changes})  # `infos` may also be among the changes


def content_of(cap, source_name, *, now):
    (part,), _ = rules.parts_of(cap, source_name, now=now)
    return part.content


@pytest.mark.parametrize(
    ("severity", "urgency", "alert_class"),
    [
        ("Extreme", "Immediate", "extreme"),
        ("Extreme", "Expected", "extreme"),
        ("Extreme", "Future", "severe"),
        ("Extreme", "Unknown", "severe"),
        ("Severe", "Immediate", "severe"),
        ("Moderate", "Immediate", "advisory"),
        ("Unknown", "Unknown", "advisory"),
    ],
)
def test_classes(severity, urgency, alert_class):
    assert rules.class_of(replace(INFO, severity=severity, urgency=urgency)) == alert_class


@pytest.mark.parametrize(
    ("event", "categories", "hazard"),
    [
        ("호우경보", ("Met",), "flood"),
        ("산사태주의보", ("Geo",), "landslide"),
        ("태풍경보", ("Met",), "typhoon"),
        ("Severe Thunderstorm Warning", ("Met",), "flood"),
        ("산불", ("Fire",), "fire"),
        ("Child Abduction", ("Rescue",), "missing_person"),
        ("水庫洩洪", ("Infra",), "outage"),
        ("Something", ("Safety",), "other"),
    ],
)
def test_hazards(event, categories, hazard):
    assert rules.hazard_of(replace(INFO, event=event, categories=categories)) == hazard


def test_our_own_code_names_the_hazard_before_any_word():
    assert rules.hazard_of(replace(INFO, event_codes=(("mvoting:hazard", "fire"),))) == "fire"
    assert rules.hazard_of(replace(INFO, event_codes=(("mvoting:hazard", "no such"),))) == "flood"


def test_a_message_for_several_places_keeps_what_touches_the_city():
    seoul = ((126.90, 37.555), (126.92, 37.555), (126.92, 37.570), (126.90, 37.555))
    busan = ((129.05, 35.15), (129.10, 35.15), (129.10, 35.20), (129.05, 35.15))
    areas = (CapArea("both", polygons=(seoul, busan), circles=(CapCircle((126.978, 37.566), 0.3), CapCircle((2.3, 48.8), 5.0))),)
    area = read_area(areas).area
    assert area["polygons"] == [[list(point) for point in seoul]]
    assert [circle["radius_m"] for circle in area["circles"]] == [300]


def test_codes_count_only_where_no_shape_is_given():
    shape = CapCircle((126.978, 37.566), 0.3)
    both = CapArea("both", circles=(shape,), geocodes=(("code", "11740"),))
    assert read_area((both,)).area["districts"] == []
    assert read_area((MAPO,)).area["districts"] == ["11440"]
    assert read_area((replace(MAPO, geocodes=(("SAME", "006037"),)),)).area is None


def test_an_outline_that_stands_once_in_each_language_is_one_outline():
    ring = ((126.90, 37.555), (126.92, 37.555), (126.92, 37.570), (126.90, 37.555))
    circle = CapCircle((126.978, 37.566), 0.3)
    infos = [
        replace(INFO, language=language, areas=(CapArea(name, polygons=(ring,), circles=(circle,)),))
        for language, name in (("ko-KR", "홍제천"), ("en-US", "Hongjecheon"))
    ]
    content = content_of(message(*infos), "기상청", now=NOW)
    assert (len(content["area"]["polygons"]), len(content["area"]["circles"])) == (1, 1)
    assert content["wording"]["en"]["where"].startswith("Jung-gu and")


def test_outlines_that_overlap_warn_their_districts_and_a_broken_one_its_codes():
    one = ((126.90, 37.555), (126.92, 37.555), (126.92, 37.570), (126.90, 37.570), (126.90, 37.555))
    moved = tuple((lon + 0.005, lat) for lon, lat in one)
    area = read_area((CapArea("one", polygons=(one, moved)),)).area
    assert "11440" in area["districts"]
    assert (area["polygons"], area["circles"]) == ([], [])
    bow = ((126.90, 37.555), (126.92, 37.570), (126.92, 37.555), (126.90, 37.570), (126.90, 37.555))
    area = read_area((replace(MAPO, polygons=(bow,)),)).area
    assert area == {"districts": ["11440"], "polygons": [], "circles": []}


def test_a_typhoons_outline_is_cut_to_what_concerns_us_and_one_far_away_concerns_nobody():
    typhoon = ((118.0, 30.0), (140.0, 30.0), (140.0, 42.0), (118.0, 42.0), (118.0, 30.0))
    content = content_of(message(replace(INFO, areas=(CapArea("typhoon", polygons=(typhoon,)),))), "기상청", now=NOW)
    assert content["wording"]["ko"]["where"] == "서울 전역"
    far = tuple((lon + 60.0, lat) for lon, lat in typhoon)
    assert read_area((CapArea("far", polygons=(far,)),)).area is None
    bow = ((118.0, 30.0), (140.0, 42.0), (140.0, 30.0), (118.0, 42.0), (118.0, 30.0))
    assert read_area((replace(MAPO, polygons=(bow,)),)).area is not None, "its codes at least"


def test_a_language_that_is_missing_gets_the_hazards_own_words():
    content = content_of(message(replace(INFO, language="en-GB", areas=(MAPO,))), "Weather office", now=NOW)
    assert content["wording"]["en"]["what"] == "Flood warning"
    assert content["wording"]["ko"]["what"] == "호우·침수 상황 발생"
    assert content["wording"]["ko"]["where"] == "마포구"


def test_expiry_is_kept_within_what_an_alert_may_have():
    for given_at, kept in (
        (None, NOW + rules.LASTS),
        (NOW + timedelta(minutes=1), NOW + alerts.EXPIRY_MIN),
        (NOW + timedelta(days=30), NOW + alerts.EXPIRY_MAX),
        (NOW + timedelta(hours=2), NOW + timedelta(hours=2)),
    ):
        content = content_of(message(replace(INFO, areas=(MAPO,), expires=given_at)), "x", now=NOW)
        assert content["expires_at"] == kept


LONG = st.text("가나다라 abc.…!?\n", max_size=400)


@settings(deadline=None)  # a busy machine is no failure
@given(LONG, LONG, LONG, LONG, st.sampled_from(["ko", "en"]))
def test_whatever_an_institution_writes_fits_with_its_labels(issuer, where, what, action, language):
    wording = rules.fitted(Wording(issuer, where, what, action), language)
    assert len(alerts.compose(wording, language, (Label.TEST, Label.EXERCISE))) <= alerts.TEXT_MAX


@pytest.mark.parametrize(
    ("changes", "act"),
    [
        ({}, "alert"),
        ({"msg_type": "Update"}, "update"),
        ({"msg_type": "Cancel"}, "withdraw"),
        ({"infos": (replace(INFO, urgency="Past"),)}, "withdraw"),
        ({"infos": (replace(INFO, response_types=("AllClear",)),)}, "withdraw"),
        ({"infos": (INFO, replace(INFO, urgency="Past"))}, "alert"),
        ({"status": "Exercise"}, "alert"),
        ({"status": "System"}, "nothing"),
        ({"msg_type": "Ack"}, "nothing"),
    ],
)
def test_what_a_message_asks_for(changes, act):
    assert rules.intake(message(INFO, **changes), now=NOW).act == act
