"""The moderation queue: filters, the next case without deciding this one, undo."""

from datetime import timedelta

import pytest

from mvoting.core.clock import now
from mvoting.core.ids import new_id, random_id
from proposals.moderation import services as moderation
from tests import audited


@pytest.fixture(autouse=True)
def cases(db):
    """Three cases, the longest waiting first."""
    for name in ("ideas", "moderation_cases", "moderation_reports"):
        db[name].delete_many({})
    found = []
    for number, reason in enumerate((moderation.Reason.SPAM, moderation.Reason.OFFENSIVE, moderation.Reason.SPAM)):
        idea = new_id()
        text = {"title": f"제목 {number}", "body": "본문", "visibility": "public", "author_id": random_id(), "version": 1}
        db.ideas.insert_one({"_id": idea, **text})
        moderation.report("idea", idea, random_id(), reason, "", now=now() - timedelta(hours=9 - number))
        found.append(idea)
    return found


def test_the_queue_is_filtered_by_kind_and_by_why(browser):
    mine = browser("moderator")
    assert mine.text("/admin/moderation?mark=reason:offensive").count("제목") == mine.text("/admin/moderation").count("제목") // 3
    assert "여기에는 신고가 없습니다" in mine.text("/admin/moderation?kind=comment")
    assert "제목 0" in mine.text("/admin/moderation?mark=$ne"), "an unknown value filters nothing and becomes no operator"


def test_next_leaves_a_case_for_later_and_ends_with_the_queue(browser, cases):
    mine = browser("moderator")
    address = "/admin/moderation/next"
    for idea in cases:
        answer = mine.get(address)
        assert answer.location.endswith(idea)
        page = mine.text(answer.location)
        assert 'data-key="n"' in page
        address = f"/admin/moderation/next?past=idea:{idea}"
    assert mine.get(address).location.endswith("/admin/moderation")
    assert mine.get("/admin/moderation/next?past=nothing").location.endswith(cases[0])


def test_the_last_hiding_can_be_undone_until_something_is_kept(browser, cases, db):
    mine = browser("moderator")
    mine.post(f"/admin/moderation/idea/{cases[0]}/decision", {"action": "hide", "reason": "광고"})
    assert "되돌리기" in mine.text("/admin/moderation")
    mine.post(f"/admin/moderation/idea/{cases[1]}/decision", {"action": "keep"})
    assert "되돌리기" not in mine.text("/admin/moderation")


def test_the_second_moderator_sees_that_the_first_decided(browser, cases, db):
    first, second = browser("moderator"), browser("moderator")
    first.post(f"/admin/moderation/idea/{cases[0]}/decision", {"action": "keep"})
    answer = second.post(f"/admin/moderation/idea/{cases[0]}/decision", {"action": "hide"}, follow_redirects=True)
    assert "그대로 둠" in answer.text
    assert 'role="alert"' in answer.text
    assert db.ideas.find_one({"_id": cases[0]})["visibility"] == "public"
    audited.findings.clear()  # the compare-and-swap that found nothing to change, behind a page that leads on with 303
