"""What was changed since somebody looked is not overwritten: milestones, assignments, summaries, drafts of answers."""

import io
from datetime import timedelta

import pytest
from PIL import Image

from mvoting.core import storage
from mvoting.core.clock import now
from mvoting.core.ids import new_id
from tests.browser.panel_scene import TEXTS, idea_in

CHANGED = "core.changed-meanwhile"


@pytest.fixture
def coordinator(staff_headers):
    staff_id = new_id()
    return staff_id, staff_headers("proposal_officer", staff_id=staff_id)


def picture(staff_id, colour):
    file = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(file, "PNG")
    return storage.store_picture(file.getvalue(), staff_id, now=now())["id"]


@pytest.fixture
def milestone(client, db, coordinator):
    """Give (address of its idea, its id, its two pictures)."""
    staff_id, headers = coordinator
    url = f"/v1/ideas/{idea_in(db, 'executing', *TEXTS[0])}"
    photos = [picture(staff_id, (9, 9, 200)), picture(staff_id, (200, 9, 9))]
    body = {"text": "기둥을 세웠습니다", "percent": 40, "photos": photos}
    added = client.post(f"{url}/milestones", json=body, headers=headers).get_json()["milestones"][0]
    return url, added["id"], photos


def test_a_milestone_is_corrected_and_a_picture_taken_out_is_shown_nowhere(client, coordinator, milestone):
    staff_id, headers = coordinator
    url, step, (kept, gone) = milestone
    fresh = picture(staff_id, (9, 200, 9))
    body = {"text": "기둥과 지붕을 세웠습니다", "percent": 60, "photos": [kept, fresh]}
    page = client.put(f"{url}/milestones/{step}", json=body, headers=headers).get_json()
    (shown,) = page["milestones"]
    assert (shown["text"], shown["percent"], shown["photos"], shown["version"]) == (body["text"], 60, [kept, fresh], 1)
    assert [client.get(f"/v1/pictures/{each}").status_code for each in (kept, gone, fresh)] == [200, 404, 200]
    back = client.put(f"{url}/milestones/{step}", json={**body, "photos": [gone], "version": 1}, headers=headers)
    assert back.status_code == 200
    assert [client.get(f"/v1/pictures/{each}").status_code for each in (kept, gone, fresh)] == [404, 200, 404]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"version": 3}, CHANGED),
        ({"percent": 101}, "core.invalid-input"),
        ({"text": ""}, "core.invalid-input"),
        ({"photos": ["0" * 32]}, "core.picture-not-found"),
        ({"photos": ["0" * 32] * 11}, "core.invalid-input"),
    ],
)
def test_a_correction_that_cannot_be_changes_nothing(client, coordinator, milestone, change, code):
    url, step, photos = milestone
    body = {"text": "지붕", "percent": 50, "photos": photos[:1], **change}
    assert client.put(f"{url}/milestones/{step}", json=body, headers=coordinator[1]).get_json()["code"] == code
    (shown,) = client.get(url).get_json()["milestones"]
    assert (shown["text"], shown["photos"]) == ("기둥을 세웠습니다", photos)
    assert client.get(f"/v1/pictures/{photos[1]}").status_code == 200


def test_neither_an_unknown_milestone_nor_another_departments_is_corrected(client, coordinator, milestone, staff_headers):
    url, step, _ = milestone
    body = {"text": "지붕", "percent": 50}
    unknown = client.put(f"{url}/milestones/{new_id()}", json=body, headers=coordinator[1])
    assert unknown.get_json()["code"] == "proposals.milestone-not-found"
    foreign = client.put(f"{url}/milestones/{step}", json=body, headers=staff_headers("department_officer"))
    assert foreign.get_json()["code"] == "proposals.other-department"


def test_an_assignment_over_one_that_was_not_seen_is_refused(client, db, coordinator):
    idea = idea_in(db, "reviewing", *TEXTS[1])
    db.ideas.update_one({"_id": idea}, {"$unset": {"department": ""}})
    url, headers = f"/v1/ideas/{idea}/department", coordinator[1]
    assert client.put(url, json={"department": "교통실", "seen": ""}, headers=headers).status_code == 200
    late = client.put(url, json={"department": "주택실", "seen": ""}, headers=headers)
    assert (late.status_code, late.get_json()["code"]) == (412, CHANGED)
    assert client.put(url, json={"department": "주택실", "seen": "교통실"}, headers=headers).status_code == 200
    assert client.put(url, json={"department": "교통실"}, headers=headers).status_code == 200, "who does not ask overwrites"


def test_a_summary_over_one_that_was_not_seen_is_refused(client, db, coordinator, make_debate):
    debate = make_debate()["_id"]
    db.debates.update_one({"_id": debate}, {"$set": {"closes_at": now() - timedelta(minutes=1)}})
    url, headers = f"/v1/debates/{debate}/summary", coordinator[1]
    first = client.put(url, json={"answer": "늘립니다"}, headers=headers).get_json()
    assert first["summary"]["version"] == 1
    assert client.put(url, json={"answer": "줄입니다"}, headers=headers).get_json()["code"] == CHANGED
    assert client.put(url, json={"answer": "줄입니다", "version": 1}, headers=headers).status_code == 200


def test_publishing_does_not_swallow_a_draft_that_was_not_seen(client, db, coordinator):
    url, headers = f"/v1/ideas/{idea_in(db, 'reviewing', *TEXTS[2])}", coordinator[1]
    draft = {"text": "놓겠습니다", "verdict": "accepted"}
    client.put(f"{url}/answer-draft", json={**draft, "version": 0}, headers=headers)
    for seen in (0, 2):
        late = client.post(f"{url}/answers", json={**draft, "draft_version": seen}, headers=headers)
        assert late.get_json()["code"] == CHANGED
    assert client.get(f"{url}/answer-draft", headers=headers).status_code == 200, "the draft is still there"
    assert client.get(url).get_json()["state"] == "reviewing"
    assert client.post(f"{url}/answers", json={**draft, "draft_version": 1}, headers=headers).status_code == 201
