"""Proposals and debates at the desk: typed text stays, milestones carry pictures, opinions are pinned and answered officially."""

from datetime import timedelta

import pytest

from mvoting.core.clock import now
from mvoting.core.ids import random_id
from proposals.debates import services as debates
from tests.api.admin.forms import picture
from tests.browser.panel_scene import idea_in

TEXT = "여름이면 미끄럼틀이 너무 뜨거워서\n아이들이 놀 수가 없습니다."


@pytest.fixture
def officer(browser):
    return browser("proposal_officer")


@pytest.fixture
def idea(db):
    return idea_in(db, "reviewing", "놀이터에 그늘막을 설치해 주세요", TEXT)


@pytest.fixture
def debate(db):
    content = {"title": "심야버스를 늘려야 할까요?", "body": "의견을 들려 주세요. 열흘 동안 엽니다."}
    content |= {"sides": "sides", "closes_at": now() + timedelta(days=10)}
    return debates.open_debate(content, now=now(), staff_id="s")["_id"]


def act(officer, idea, **form):
    return officer.post(f"/admin/ideas/{idea}/act", form)


def test_an_answer_that_is_refused_stays_on_the_page(officer, idea, db):
    answer = act(officer, idea, act="publish", text="긴 답변을 적었습니다", verdict="guess")
    assert answer.status_code == 422
    assert "긴 답변을 적었습니다" in answer.text
    assert db.ideas.find_one({"_id": idea})["answers"] == []


def test_the_second_writer_of_an_answer_sees_the_first_and_may_decide(officer, browser, idea, db):
    colleague = browser("proposal_officer")
    draft = {"act": "keep", "version": "0", "verdict": "accepted"}
    assert act(colleague, idea, text="먼저 쓴 답변", **draft).status_code == 303
    answer = act(officer, idea, text="나중에 쓴 답변", **draft)
    assert answer.status_code == 422
    assert "먼저 쓴 답변" in answer.text
    assert "나중에 쓴 답변" in answer.text
    assert act(officer, idea, act="keep", overwrite="1", verdict="accepted", text="나중에 쓴 답변").status_code == 303
    assert "나중에 쓴 답변" in colleague.text(f"/admin/ideas/{idea}")
    published = {"act": "publish", "text": "나중에 쓴 답변", "verdict": "accepted"}
    assert act(officer, idea, **published, version="1").status_code == 422, "not past a draft that was not seen"
    assert act(officer, idea, **published, version="2").status_code == 303
    assert db.ideas.find_one({"_id": idea})["state"] == "working"


def test_milestones_carry_pictures_and_the_hall_of_fame_follows(officer, db):
    idea = idea_in(db, "executing", "골목 가로등을 더 밝게", TEXT)
    form = {
        "act": "milestone",
        "milestone": "설계를 마쳤습니다",
        "percent": "30",
        "photos": [picture(), picture(colour=(1, 2, 3))],
    }
    answer = officer.post(f"/admin/ideas/{idea}/act", form, content_type="multipart/form-data")
    assert answer.status_code == 303
    (milestone,) = db.ideas.find_one({"_id": idea})["milestones"]
    assert len(milestone["photos"]) == 2
    assert f"/v1/pictures/{milestone['photos'][0]}/small" in officer.text(f"/admin/ideas/{idea}")
    refused = act(officer, idea, act="milestone", milestone="잘못된 값", percent="130")
    assert refused.status_code == 422
    assert "잘못된 값" in refused.text
    act(officer, idea, act="move", event="complete", seen="executing", why="공사를 마쳤습니다")
    officer.post(f"/admin/ideas/{idea}/coordinate", {"act": "hall", "is_in": "1"})
    assert db.ideas.find_one({"_id": idea})["is_in_hall_of_fame"]
    page = officer.text(f"/admin/ideas/{idea}")
    assert "실현을 마침 → 실현됨" in page
    assert "명예의 전당에 오름" in page


def test_a_board_of_one_department(officer, db):
    idea = idea_in(db, "reviewing", "우리 부서의 제안", TEXT)
    db.ideas.update_one({"_id": idea}, {"$set": {"department": "교통실"}})
    assert idea in officer.text("/admin/ideas?department=교통실")
    assert idea not in officer.text("/admin/ideas?department=주택실")


def test_the_city_speaks_with_its_badge_and_opinions_are_pinned(officer, browser, debate, db):
    opinion = debates.add_comment(debate, {"body": "찬성합니다", "side": "for"}, now=now(), author_id=random_id())["_id"]
    speak = {"department": "교통실", "body": "시의 계획을 말씀드립니다", "parent_id": opinion}
    refused = officer.post(f"/admin/debates/{debate}/speak", speak | {"department": ""})
    assert refused.status_code == 422
    assert "시의 계획을 말씀드립니다" in refused.text
    assert officer.post(f"/admin/debates/{debate}/speak", speak).status_code == 303
    assert "시의 계획을 말씀드립니다" in officer.text(f"/admin/debates/{debate}?thread={opinion}")
    moderator = browser("moderator")
    assert moderator.post(f"/admin/debates/{debate}/speak", speak).status_code == 403
    moderator.post(f"/admin/debates/{debate}/pin", {"comment_id": opinion, "is_pinned": "1"})
    assert db.debates.find_one({"_id": debate})["pinned_ids"] == [opinion]
    assert "고정된 의견" in moderator.text(f"/admin/debates/{debate}")
    moderator.post(f"/admin/debates/{debate}/pin", {"comment_id": opinion, "is_pinned": "0"})
    moderator.post(f"/admin/debates/{debate}/pin", {"comment_id": "elsewhere", "is_pinned": "1"})
    assert db.debates.find_one({"_id": debate})["pinned_ids"] == []


def test_opinions_are_sorted_by_side_and_hidden_ones_stay_hidden(officer, debate, db):
    for side, body in (("for", "늘려야 합니다"), ("against", "아껴야 합니다")):
        debates.add_comment(debate, {"body": body, "side": side}, now=now(), author_id=random_id())
    page = officer.text(f"/admin/debates/{debate}?side=against")
    assert "아껴야 합니다" in page
    assert "늘려야 합니다" not in page
    db.comments.update_many({"debate_id": debate, "side": "against"}, {"$set": {"visibility": "hidden"}})
    page = officer.text(f"/admin/debates/{debate}")
    assert "아껴야 합니다" not in page
    assert "가려진 의견입니다" in page
    table = officer.get(f"/admin/debates/{debate}?as=csv").get_data(as_text=True)
    assert "늘려야 합니다" in table
    assert "아껴야 합니다" not in table


def test_a_summary_is_written_after_closing_only_and_stays_when_refused(officer, debate, db):
    summary = {"for": "편리합니다", "against": "비쌉니다", "other": "", "answer": "내년에 늘리겠습니다"}
    early = officer.post(f"/admin/debates/{debate}/summary", summary)
    assert early.status_code == 422
    past = now() - timedelta(hours=1)
    db.debates.update_one({"_id": debate}, {"$set": {"closes_at": past}})
    empty = officer.post(f"/admin/debates/{debate}/summary", summary | {"answer": ""})
    assert empty.status_code == 422
    assert "편리합니다" in empty.text
    assert officer.post(f"/admin/debates/{debate}/summary", summary).status_code == 303
    assert "내년에 늘리겠습니다" in officer.text(f"/admin/debates/{debate}")


def test_two_proposals_stand_side_by_side_before_they_are_merged(officer, browser, db):
    first = idea_in(db, "collecting", "놀이터에 그늘막을", "여름이면 미끄럼틀이 <b>너무</b> 뜨겁습니다.")
    other = idea_in(db, "collecting", "놀이터에 나무를", "여름이면 그네가 너무 뜨겁습니다.")
    page = officer.text(f"/admin/ideas/{first}/merge?with={other}")
    assert "놀이터에 <mark>그늘막을</mark>" in page
    assert "놀이터에 <mark>나무를</mark>" in page
    assert "<mark>&lt;b&gt;너무&lt;/b&gt;</mark> 뜨겁습니다." in page
    asked = officer.post(f"/admin/ideas/{first}/coordinate", {"act": "merge", "other_id": other})
    assert asked.status_code == 303
    assert db.idea_merges.find_one({"from_id": first})["into_id"] == other
    again = officer.text(f"/admin/ideas/{first}/merge?with={other}")
    assert "답을 기다립니다" in again
    assert 'value="merge"' not in again


def test_what_cannot_be_merged_is_not_offered(officer, browser, idea, db):
    other = idea_in(db, "collecting", "놀이터에 나무를", "그네가 뜨겁습니다.")
    page = officer.text(f"/admin/ideas/{other}/merge?with={idea}")
    assert "합칠 수 없습니다" in page
    assert 'value="merge"' not in page
    for wrong in (other, "x", "0" * 26):
        assert officer.get(f"/admin/ideas/{other}/merge?with={wrong}").status_code == 404
    assert browser("department_officer").get(f"/admin/ideas/{other}/merge?with={idea}").status_code == 403


def test_whoever_moves_a_proposal_second_is_told_where_it_stands(officer, browser, db):
    idea, colleague = idea_in(db, "collecting", "놀이터에 그늘막을", TEXT), browser("proposal_officer")
    sent = {"act": "move", "event": "lift", "seen": "collecting", "why": "급한 일입니다."}
    assert act(colleague, idea, **sent).status_code == 303
    stands = db.ideas.find_one({"_id": idea})["state"]
    late = act(officer, idea, **sent | {"why": "저도 올립니다."})
    assert late.status_code == 422
    assert "그사이 다른 사람이 먼저 저장했습니다" in late.text
    assert "저도 올립니다." in late.text, "what was typed stays"
    assert db.ideas.find_one({"_id": idea})["state"] == stands
    assert act(officer, idea, **sent | {"seen": ""}).status_code == 422, "without what was seen nothing moves"
