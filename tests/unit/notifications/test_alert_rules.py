"""Alert rules: texts as people read them, who may release, what may follow."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mvoting.core.districts import DISTRICTS
from notifications.alerts import rules
from notifications.alerts.hazards import CLASSES, HAZARDS
from notifications.alerts.rules import Kind, Label, State, Wording

NOW = datetime(2026, 7, 20, 18, 10, tzinfo=UTC)
KO = Wording("서울특별시", "마포구 홍제천", "수위가 빠르게 오르고 있습니다", "하천변에서 즉시 나와 높은 곳으로 대피하세요")
EN = Wording("Seoul City", "Hongjecheon, Mapo-gu", "water is rising fast", "Leave the riverside for higher ground now")


def test_the_text_says_who_where_what_and_what_to_do() -> None:
    assert (
        rules.compose(KO, "ko")
        == "[서울특별시] 마포구 홍제천 수위가 빠르게 오르고 있습니다. 하천변에서 즉시 나와 높은 곳으로 대피하세요."
    )
    assert (
        rules.compose(EN, "en")
        == "[Seoul City] Hongjecheon, Mapo-gu: water is rising fast. Leave the riverside for higher ground now."
    )


def test_labels_stand_before_everything_in_both_languages() -> None:
    marks = rules.labels(is_exercise=True, is_test=True)
    assert rules.compose(KO, "ko", marks).startswith("[시험][훈련][서울특별시]")
    assert rules.compose(EN, "en", marks).startswith("[TEST][EXERCISE][Seoul City]")
    heading = rules.title(kind=Kind.ALL_CLEAR, alert_class="extreme", hazard="flood", language="ko", marks=marks)
    assert heading == "[시험][훈련][해제] 위급 재난문자 · 호우·침수"
    assert rules.labels(is_exercise=False, is_test=False) == ()


def test_nothing_is_missing_from_a_whole_alert() -> None:
    assert rules.text_gaps({"ko": KO, "en": EN}) == {}


@pytest.mark.parametrize("part", ["issuer", "where", "what", "action"])
@pytest.mark.parametrize("blank", ["", "  ", " . "])
def test_an_alert_without_reason_place_action_or_sender_is_not_whole(part: str, blank: str) -> None:
    gaps = rules.text_gaps({"ko": Wording(**{**KO.__dict__, part: blank}), "en": EN})
    assert gaps == {f"ko.{part}": "missing"}


def test_the_other_language_may_not_be_missing() -> None:
    assert rules.text_gaps({"ko": KO}) == {f"en.{part}": "missing" for part in ("issuer", "where", "what", "action")}


def test_157_characters_fit_and_158_do_not() -> None:
    spare = rules.TEXT_MAX - len(rules.compose(KO, "ko"))
    full = Wording(KO.issuer, KO.where, KO.what, KO.action + "가" * spare)
    assert len(rules.compose(full, "ko")) == 157
    assert rules.text_gaps({"ko": full, "en": EN}) == {}
    over = Wording(KO.issuer, KO.where, KO.what, KO.action + "가" * (spare + 1))
    assert rules.text_gaps({"ko": over, "en": EN}) == {"ko": "too-long"}
    assert rules.text_gaps({"ko": full, "en": EN}, [Label.EXERCISE]) == {"ko": "too-long"}


def test_decomposed_korean_counts_as_people_read_it() -> None:
    import unicodedata

    decomposed = Wording(*(unicodedata.normalize("NFD", part) for part in (KO.issuer, KO.where, KO.what, KO.action)))
    assert rules.compose(decomposed, "ko") == rules.compose(KO, "ko")


@settings(deadline=None)  # a busy machine is no failure
@given(st.sampled_from(sorted(HAZARDS)), st.text("가나다 ABC", min_size=1, max_size=rules.WHERE_MAX))
def test_prepared_texts_fit_whatever_the_alert_says(hazard: str, where: str) -> None:
    marks = (Label.TEST, Label.EXERCISE)
    for language in rules.LANGUAGES:
        wording = Wording("가" * rules.ISSUER_MAX, where, "무엇", "행동")
        for prepare in (rules.all_clear_wording, rules.correction_wording):
            assert len(rules.compose(prepare(wording, hazard=hazard, language=language), language, marks)) <= rules.TEXT_MAX


def test_states_follow_one_way_and_end() -> None:
    assert rules.sources_of(State.APPROVED) == ["submitted"]
    assert rules.sources_of(State.CANCELLED) == ["draft", "submitted", "approved", "sending"]
    assert rules.sources_of(State.SENDING) == ["approved"]
    assert not rules.TRANSITIONS[State.CANCELLED]
    assert not rules.TRANSITIONS[State.ENDED]


def test_whoever_touched_the_text_may_not_release_it() -> None:
    assert rules.approval_refusal(author_ids=["a", "b"], approver_id="c") is None
    assert rules.approval_refusal(author_ids=["a", "b"], approver_id="a") == "own-alert"
    assert rules.approval_refusal(author_ids=["a", "b"], approver_id="b") == "own-alert"
    assert rules.approval_refusal(author_ids=[], approver_id="c") == "no-author"


def test_the_confirmation_names_place_class_and_label() -> None:
    facts = {"alert_class": "extreme", "districts": ["11440"]}
    assert rules.is_confirmed("마포구 위급 발송", **facts)
    assert rules.is_confirmed(" send EXTREME to mapo-gu ", **facts)
    for wrong in ("", "발송", "마포구 긴급 발송", "서대문구 위급 발송", "시험 마포구 위급 발송", "yes"):
        assert not rules.is_confirmed(wrong, **facts)
    assert rules.is_confirmed("시험 마포구 위급 발송", **facts, marks=[Label.TEST])
    assert not rules.is_confirmed("마포구 위급 발송", **facts, marks=[Label.TEST])


def test_places_are_named_shortly() -> None:
    assert rules.place_name(["11440"], "ko") == "마포구"
    assert rules.place_name(["11440", "11110", "11140"], "ko") == "종로구 외 2개 구"
    assert rules.place_name(list(DISTRICTS), "en") == "all of Seoul"


def test_an_alert_ends_between_ten_minutes_and_a_week() -> None:
    assert rules.expiry_refusal(NOW + timedelta(hours=3), now=NOW) is None
    soonest, latest, second = NOW + timedelta(minutes=10), NOW + timedelta(days=7), timedelta(seconds=1)
    assert rules.expiry_refusal(soonest, now=NOW) is None
    assert rules.expiry_refusal(soonest - second, now=NOW) == "too-soon"
    assert rules.expiry_refusal(latest, now=NOW) is None
    assert rules.expiry_refusal(latest + second, now=NOW) == "too-late"


def test_no_state_is_reached_but_by_its_own_way() -> None:
    """An alert is sent after it was released, and released after it was submitted."""
    before = {state: rules.sources_of(state) for state in State}
    assert before == {
        State.DRAFT: ["submitted"],
        State.SUBMITTED: ["draft"],
        State.APPROVED: ["submitted"],
        State.SENDING: ["approved"],
        State.SENT: ["sending"],
        State.ENDED: ["sent"],
        State.CANCELLED: ["draft", "submitted", "approved", "sending"],
    }


@pytest.mark.parametrize(
    ("kind", "original_kind", "state", "has_audience", "refusal"),
    [
        (Kind.CORRECTION, Kind.ALERT, State.SENDING, True, None),
        (Kind.ALL_CLEAR, Kind.ALERT, State.SENT, True, None),
        (Kind.ALL_CLEAR, Kind.ALERT, State.ENDED, True, None),
        (Kind.CORRECTION, Kind.ALERT, State.CANCELLED, True, None),
        (Kind.CORRECTION, Kind.ALERT, State.CANCELLED, False, "not-sent"),
        (Kind.CORRECTION, Kind.ALERT, State.SUBMITTED, False, "not-sent"),
        (Kind.CORRECTION, Kind.CORRECTION, State.SENT, True, "not-an-original"),
        (Kind.ALERT, Kind.ALERT, State.SENT, True, "not-an-original"),
    ],
)
def test_what_may_follow_an_alert(kind: Kind, original_kind: Kind, state: State, has_audience: bool, refusal: str | None) -> None:
    assert (
        rules.followup_refusal(kind=kind, original_kind=original_kind, original_state=state, has_audience=has_audience) == refusal
    )


def test_every_class_and_hazard_has_words_in_both_languages() -> None:
    assert [facts.ko for facts in CLASSES.values()] == ["위급", "긴급", "안전안내"]
    for hazard in HAZARDS.values():
        assert all((hazard.ko, hazard.en, hazard.action_ko, hazard.action_en))
