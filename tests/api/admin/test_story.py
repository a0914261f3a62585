"""The panel's part of the story: see what was reported, hide it with a reason, and the trail shows who did it."""

from mvoting.core.clock import now
from mvoting.core.ids import new_id, random_id
from proposals.moderation import services as moderation


def reported_idea(db, *, text="여름이면 미끄럼틀이 너무 뜨겁습니다"):
    idea = new_id()
    document = {"_id": idea, "title": "그늘막", "body": text, "visibility": "public", "author_id": random_id(), "version": 1}
    db.ideas.insert_one(document)
    moderation.report("idea", idea, random_id(), moderation.Reason.SPAM, "", now=now())
    return idea


def test_a_moderator_hides_what_was_reported_with_a_reason(browser, db):
    idea = reported_idea(db)
    moderator = browser("moderator")
    assert f"/admin/moderation/idea/{idea}" in moderator.text("/admin/moderation")
    assert "미끄럼틀" in moderator.text(f"/admin/moderation/idea/{idea}")
    answer = moderator.post(f"/admin/moderation/idea/{idea}/decision", {"action": "hide", "reason": "광고입니다"})
    assert answer.status_code == 303
    assert db.ideas.find_one({"_id": idea})["visibility"] == "hidden"
    decision = moderation.get_case(f"idea:{idea}")["decision"]
    assert decision["reason"] == "광고입니다"
    assert decision["action"] == "hide"


def test_a_form_without_its_token_does_nothing(browser, db):
    idea = reported_idea(db)
    moderator = browser("moderator")
    for token in ("", "0" * 64):
        answer = moderator.post(f"/admin/moderation/idea/{idea}/decision", {"action": "hide"}, token=token)
        assert answer.status_code == 403
    assert db.ideas.find_one({"_id": idea})["visibility"] == "public"


def test_a_form_sent_from_another_site_does_nothing(browser, db):
    idea = reported_idea(db)
    moderator = browser("moderator")
    for header in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}):
        answer = moderator.post(f"/admin/moderation/idea/{idea}/decision", {"action": "hide"}, headers=header)
        assert answer.status_code == 403
    assert db.ideas.find_one({"_id": idea})["visibility"] == "public"


def test_another_role_is_refused_by_address_and_by_form(browser, db):
    idea = reported_idea(db)
    officer = browser("poll_officer")
    assert officer.get("/admin/moderation").status_code == 403
    assert officer.post(f"/admin/moderation/idea/{idea}/decision", {"action": "hide"}).status_code == 403
    assert db.ideas.find_one({"_id": idea})["visibility"] == "public"


def test_nobody_is_sent_to_sign_in(client):
    answer = client.get("/admin/moderation")
    assert answer.status_code == 303
    assert answer.location.startswith("/admin/sign-in?next=")
