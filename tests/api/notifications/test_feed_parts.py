"""Messages of several parts: each gravity is an alert of its own, updates and withdrawals follow each, nothing is dropped unsaid."""

from dataclasses import replace
from datetime import timedelta

from admin.words.saying import LABELS
from mvoting.core.clock import now
from notifications.alerts import services as alerts
from notifications.cap.message import CapArea, CapCircle
from notifications.feeds.schemas import OUTCOMES
from tests.api.notifications.test_feeds import (  # noqa: F401 - fixtures
    INFO,
    admin,
    clean,
    desk,
    hand_in,
    listed,
    message,
    other_admin,
    refer,
    source,
    taken_over,
)

MAPO, JONGNO, SEODAEMUN = (CapArea(name, geocodes=(("code", code),)) for name, code in (("마포구", "11440"), ("종로구", "11110"), ("서대문구", "11410")))  # fmt: skip


def part(severity, *areas, **changes):
    return replace(INFO, severity=severity, areas=areas, expires=now() + timedelta(hours=3), **changes)


def several(identifier, *parts, **changes):
    return message(identifier, infos=parts, **changes)


def drafted(db):
    return {alert["alert_class"]: alert for alert in db.alerts.find({"state": {"$ne": "cancelled"}}).sort("_id", 1)}


def went_out(desk, alert):  # noqa: F811
    submitted = desk.act({"id": alert["_id"], "version": alert["version"]}, "submit").get_json()
    assert desk.approve(submitted).status_code == 200


def test_each_gravity_is_a_draft_of_its_own_without_the_districts_warned_more_gravely(client, source, db):  # noqa: F811
    both = several("m-1", part("Minor", MAPO, JONGNO, headline="호우 유의"), part("Extreme", MAPO))
    answer = hand_in(client, source, both).get_json()
    assert [each["alert_class"] for each in answer["parts"]] == ["extreme", "advisory"]
    grave, light = (drafted(db)[name] for name in ("extreme", "advisory"))
    assert answer["alert_id"] == grave["_id"]
    assert (grave["area"]["districts"], light["area"]["districts"]) == (["11440"], ["11110"])
    assert "호우 유의" in light["texts"]["ko"]


def test_a_lesser_part_of_the_same_place_is_said_to_be_left_out(client, source, db):  # noqa: F811
    answer = hand_in(client, source, several("m-1", part("Minor", MAPO), part("Extreme", MAPO))).get_json()
    assert list(drafted(db)) == ["extreme"]
    assert answer["notes"] == [{"code": "warned-more-gravely", "what": "호우경보"}]


def test_a_cancel_takes_back_every_part(client, source, desk, db):  # noqa: F811
    first = several("m-1", part("Minor", JONGNO), part("Severe", MAPO))
    hand_in(client, source, first)
    went_out(desk, drafted(db)["severe"])
    answer = hand_in(client, source, several("m-2", msg_type="Cancel", references=refer(first))).get_json()
    assert [each["outcome"] for each in answer["parts"]] == ["withdrawn", "withdrawn"]
    assert db.alerts.count_documents({"state": "cancelled", "alert_class": "advisory"}) == 1
    assert db.alerts.find_one({"kind": "all_clear"})["alert_class"] == "severe"


def test_an_update_follows_each_part_and_clears_what_it_says_no_more(client, source, desk, db):  # noqa: F811
    first = several("m-1", part("Minor", JONGNO), part("Severe", MAPO))
    hand_in(client, source, first)
    for alert in drafted(db).values():
        went_out(desk, alert)
    lighter = several("m-2", part("Severe", MAPO, SEODAEMUN, headline="호우 확대"), msg_type="Update", references=refer(first))
    answer = hand_in(client, source, lighter).get_json()
    made = {(alert["kind"], alert["alert_class"]): alert for alert in db.alerts.find({"state": "draft"})}
    assert set(made) == {("alert", "severe"), ("correction", "severe"), ("all_clear", "advisory")}
    assert made["alert", "severe"]["area"]["districts"] == ["11410"]
    assert len(answer["parts"]) == 3


def test_an_update_that_is_graver_than_what_went_out_is_an_alert_of_its_own(client, source, desk, db):  # noqa: F811
    first = message("m-1")
    hand_in(client, source, first)
    went_out(desk, drafted(db)["severe"])
    graver = several("m-2", part("Extreme", MAPO), msg_type="Update", references=refer(first))
    hand_in(client, source, graver)
    (draft,) = db.alerts.find({"state": "draft"})
    assert (draft["kind"], draft["alert_class"]) == ("alert", "extreme"), "a correction would ring in the lower class"


def test_updates_and_cancels_after_a_correction_follow_the_original(client, source, desk, db):  # noqa: F811
    first = message("m-1")
    original = hand_in(client, source, first).get_json()["alert_id"]
    went_out(desk, db.alerts.find_one({"_id": original}))
    second = message("m-2", msg_type="Update", references=refer(first))
    correction = db.alerts.find_one({"_id": hand_in(client, source, second).get_json()["alert_id"]})
    went_out(desk, correction)
    third = message("m-3", msg_type="Update", references=refer(second))
    answer = hand_in(client, source, third)
    assert answer.status_code == 200, answer.get_json()
    again = db.alerts.find_one({"_id": answer.get_json()["alert_id"]})
    assert (again["kind"], again["state"], again["original_id"]) == ("correction", "draft", original)
    answer = hand_in(client, source, message("m-4", msg_type="Cancel", references=refer(third))).get_json()
    assert (answer["outcome"], answer.get("reason")) == ("withdrawn", None)
    assert db.alerts.find_one({"kind": "all_clear"})["original_id"] == original


def test_a_circle_too_wide_to_be_drawn_warns_the_districts_it_reaches_but_sends_nothing_by_itself(
    client, source, admin, other_admin, db  # noqa: F811
):  # fmt: skip
    source = taken_over(client, source)
    listed(client, admin, other_admin, source, "severe", "extreme")
    typhoon = CapArea("태풍 강풍반경", circles=(CapCircle((126.5, 35.0), 300.0),))
    answer = hand_in(client, source, several("m-1", part("Severe", typhoon))).get_json()
    assert answer["outcome"] == "drafted"
    assert answer["notes"] == [{"code": "circle-too-wide", "what": "태풍 강풍반경"}]
    assert len(drafted(db)["severe"]["area"]["districts"]) == 25
    far = CapArea("먼바다", circles=(CapCircle((130.0, 30.0), 300.0),))
    answer = hand_in(client, source, several("m-2", part("Severe", far))).get_json()
    assert (answer["outcome"], answer["reason"]) == ("ignored", "outside-city")
    named = several("m-3", part("Extreme", MAPO, event="산불", headline="산불"))
    assert hand_in(client, source, named).get_json()["outcome"] == "sent", "an area as it stands still does"


def test_a_point_is_a_small_circle_and_a_broken_shape_is_told(client, source, db):  # noqa: F811
    point = CapArea("시청", circles=(CapCircle((126.978, 37.566), 0.0),))
    hand_in(client, source, several("m-1", part("Severe", point)))
    assert drafted(db)["severe"]["area"]["districts"] == ["11140"]
    bow = ((126.90, 37.555), (126.92, 37.570), (126.92, 37.555), (126.90, 37.570), (126.90, 37.555))
    broken = CapArea("홍제천", polygons=(bow,))
    answer = hand_in(client, source, several("m-2", part("Severe", broken, event="산불"))).get_json()
    assert (answer["outcome"], answer["reason"]) == ("ignored", "area-unreadable")
    assert {note["code"] for note in answer["notes"]} == {"shape-broken", "area-unreadable"}


def test_parts_that_are_listed_go_out_and_those_that_are_not_wait(client, source, admin, other_admin, db):  # noqa: F811
    source = taken_over(client, source)
    listed(client, admin, other_admin, source, "extreme")
    both = several("m-1", part("Minor", JONGNO), part("Extreme", MAPO))
    answer = hand_in(client, source, both).get_json()
    assert (answer["outcome"], [each["outcome"] for each in answer["parts"]]) == ("sent", ["sent", "drafted"])
    assert alerts.get_alert(answer["parts"][1]["alert_id"])["state"] == "draft"
    assert hand_in(client, source, both).get_json()["parts"] == answer["parts"], "again changes nothing"


def test_what_was_not_used_has_its_words_in_both_languages():
    said = {"circle-too-wide", "shape-broken", "shapes-as-districts", "warned-more-gravely", "part-over", "area-unreadable"}
    assert said <= LABELS["feed_trouble"].keys()
    assert set(OUTCOMES) == LABELS["receipt"].keys()
