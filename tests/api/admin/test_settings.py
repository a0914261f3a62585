"""Settings and programmes: validated, versioned, with who changed what; the second saver sees what the first changed."""

import pytest

from mvoting.core.ids import new_id
from mvoting.voting.polls import citizens
from proposals.ideas.services import programmes
from proposals.moderation import services as moderation


@pytest.fixture(autouse=True)
def fresh(db, monkeypatch):
    for name in ("poll_policies", "moderation_settings", "idea_programmes", "audit_entries", "audit_tree"):
        db[name].delete_many({})
    forget(monkeypatch)
    yield
    db.poll_policies.delete_many({})
    db.idea_programmes.delete_many({})
    forget(monkeypatch)


def forget(monkeypatch):
    monkeypatch.setattr(programmes, "_known", (0.0, {}))
    monkeypatch.setattr(moderation.settings, "_settings", (0.0, {}))


def programme_form(**changes):
    form = {
        "version": "0",
        "rows": "2",
        "name_ko": "천만상상 오아시스",
        "about_ko": "열흘 안에 일곱 명이 공감하면 부서가 답합니다.",
        "pipeline": "oasis",
        "collecting_days": "10",
        "remind_before_days": "7, 1",
        "t1_counted": "endorsements",
        "t1_count": "7",
        "t1_consequence": "advance",
        "t1_reply_days": "14",
    }
    return form | changes


def test_the_policy_is_changed_and_the_page_says_by_whom(browser):
    mine = browser("administrator")
    for number, limit in enumerate((5, 6)):
        assert mine.post("/admin/settings/policy", {"version": str(number), "daily_limit": str(limit)}).status_code == 303
    assert citizens.policy() == {"is_reviewed": False, "daily_limit": 6, "version": 2}
    page = mine.text("/admin/settings")
    assert "<del>5</del> → <ins>6</ins>" in page.replace("<del>\n", "<del>")


@pytest.mark.parametrize("version", ["0", "2"])
def test_the_second_saver_of_the_policy_sees_what_the_first_changed(browser, version):
    first, second = browser("administrator"), browser("administrator")
    first.post("/admin/settings/policy", {"version": "0", "daily_limit": "17", "is_reviewed": "1"})
    answer = second.post("/admin/settings/policy", {"version": version, "daily_limit": "23", "is_reviewed": "1"})
    assert answer.status_code == 409
    assert "그사이 다른 사람이 먼저 저장했습니다" in answer.text
    assert "<td>17</td>" in answer.text
    assert "<td>23</td>" in answer.text
    assert citizens.policy()["daily_limit"] == 17
    assert second.post("/admin/settings/policy", {"version": "1", "daily_limit": "23", "is_reviewed": "1"}).status_code == 303
    assert citizens.policy()["daily_limit"] == 23


@pytest.mark.parametrize("limit", ["", "-1", "101", "many"])
def test_a_policy_that_cannot_be_is_refused(browser, limit):
    assert browser("administrator").post("/admin/settings/policy", {"version": "0", "daily_limit": limit}).status_code == 422
    assert citizens.policy()["version"] == 0


def test_moderation_is_changed_once_by_two_who_save_at_once(browser):
    first, second = browser("administrator"), browser("administrator")
    words = {"words_ko": "도박\n대출", "words_en": "casino"}
    assert first.post("/admin/settings/moderation", {"version": "0", "auto_hide_at": "4", **words}).status_code == 303
    late = second.post("/admin/settings/moderation", {"version": "0", "auto_hide_at": "9", **words})
    assert late.status_code == 409
    assert "임시로 가리는 신고 수" in late.text
    assert moderation.moderation_settings()["auto_hide_at"] == 4
    assert "도박" in first.text("/admin/settings")


def test_a_programme_is_edited_and_its_history_told(browser):
    staff_id = new_id()
    mine = browser("administrator", staff_id=staff_id)
    assert "모집" not in mine.text("/admin/settings/programmes/oasis")
    assert mine.post("/admin/settings/programmes/oasis", programme_form()).status_code == 303
    changed = programmes.programme("oasis")
    assert (changed["version"], changed["thresholds"][0]["count"]) == (1, 7)
    mine.post("/admin/settings/programmes/oasis", programme_form(version="1", t1_count="9"))
    page = mine.text("/admin/settings/programmes/oasis")
    assert "기준 1: 수" in page
    assert 'value="9"' in page


def test_the_second_saver_of_a_programme_sees_both(browser):
    first, second = browser("administrator"), browser("administrator")
    first.post("/admin/settings/programmes/oasis", programme_form(t1_count="7"))
    late = second.post("/admin/settings/programmes/oasis", programme_form(t1_count="8"))
    assert late.status_code == 422
    assert "기준 1: 수" in late.text
    assert "<td>7</td><td>8</td>" in late.text
    assert 'name="version" value="1"' in late.text
    assert programmes.programme("oasis")["thresholds"][0]["count"] == 7


@pytest.mark.parametrize(
    "wrong",
    [
        {"name_ko": ""},
        {"collecting_days": "0"},
        {"collecting_days": "ten"},
        {"t1_count": "0"},
        {"t1_count": ""},
        {"t1_consequence": "mayor_reply"},
        {"pipeline": "guess"},
        {"remind_before_days": "soon"},
    ],
)
def test_a_programme_that_cannot_run_is_refused_and_keeps_what_was_typed(browser, wrong):
    answer = browser("administrator").post("/admin/settings/programmes/oasis", programme_form(**wrong))
    assert answer.status_code == 422
    assert "열흘 안에 일곱 명이" in answer.text
    assert programmes.programme("oasis")["version"] == 0


def test_a_new_programme_is_written_and_no_id_is_taken_twice(browser):
    mine = browser("administrator")
    assert mine.post("/admin/settings/programmes/new", programme_form(id="youth-2027")).status_code == 303
    assert programmes.programme("youth-2027")["version"] == 1
    for name in ("youth-2027", "oasis", "Nein!", "", "../x"):
        assert mine.post("/admin/settings/programmes/new", programme_form(id=name)).status_code == 422
    assert len(programmes.programmes()) == 3


def test_one_more_threshold_fits_into_the_form_and_stores_nothing(browser):
    page = browser("administrator").post("/admin/settings/programmes/oasis", programme_form(more="1"))
    assert page.status_code == 200
    assert "t3_count" in page.text
    assert programmes.programme("oasis")["version"] == 0


def test_an_unknown_programme_is_a_page_that_says_so(browser):
    assert browser("administrator").get("/admin/settings/programmes/nothing").status_code == 404
