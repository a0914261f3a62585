"""The kinds of messages, what may be done about each, and what people read beside its switch. Pure."""

from dataclasses import dataclass

URGENCIES = ("normal", "advisory", "severe", "extreme")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of message. Personal ones count towards the daily cap; `passes_quiet_hours` and `can_mute` say what people may do.

    A reminder is pushed only to those who have not voted, and nothing that is kept tells who they were.
    """

    name: str
    ko: str
    en: str
    urgency: str = "normal"
    can_mute: bool = True
    passes_quiet_hours: bool = False
    is_capped: bool = False
    is_reminder: bool = False
    note_ko: str = ""
    note_en: str = ""


_KINDS = (
    Kind("poll_opened", "투표 시작", "Polls that open"),
    Kind("poll_closing", "투표 마감 임박", "Polls that close soon", is_reminder=True),
    Kind("poll_result", "투표 결과", "Poll results"),
    Kind("proposal_stage", "제안 진행 상황", "Progress of proposals", is_capped=True),
    Kind("proposal_threshold", "제안 공감 기준 임박", "Proposals near their threshold", is_capped=True),
    Kind("reply", "내 글에 달린 답글", "Replies to you", is_capped=True),
    Kind("news", "서울시 소식", "News from the city"),
    Kind("digest", "오늘의 모아보기", "Daily digest"),
    Kind("account", "내 계정 알림", "About your account", can_mute=False, passes_quiet_hours=True),
    Kind(
        "alert_advisory",
        "안전안내문자",
        "Safety notices",
        urgency="advisory",
        note_ko="방해 금지 시간에는 울리지 않습니다.",
        note_en="Kept back during your quiet hours.",
    ),
    Kind(
        "alert_severe",
        "긴급재난문자",
        "Severe alerts",
        urgency="severe",
        passes_quiet_hours=True,
        note_ko="방해 금지 시간에도 울립니다.",
        note_en="Sounds during your quiet hours too.",
    ),
    Kind(
        "alert_extreme",
        "위급재난문자",
        "Extreme alerts",
        urgency="extreme",
        can_mute=False,
        passes_quiet_hours=True,
        note_ko="생명이 위험할 수 있을 때만 보내며, 끌 수 없고 방해 금지 시간에도 울립니다.",
        note_en="Sent only when lives are at risk. Cannot be switched off and sounds during quiet hours.",
    ),
)
KINDS: dict[str, Kind] = {kind.name: kind for kind in _KINDS}
