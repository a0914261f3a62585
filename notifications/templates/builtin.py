"""The texts that come with the product, as version 1 of each key, and an example for each of their fields. Pure."""

from notifications.templates.rules import Template, Value


def _template(key: str, ko: tuple[str, str], en: tuple[str, str]) -> Template:
    texts = {"ko": {"title": ko[0], "body": ko[1]}, "en": {"title": en[0], "body": en[1]}}
    return Template(key, 1, texts)


_TEMPLATES = (
    _template(
        "poll_opened",
        ("투표가 시작됐습니다", "{title} · {closes}까지 참여할 수 있습니다."),
        ("A poll has opened", "{title} · Vote until {closes}."),
    ),
    _template(
        "poll_closing",
        ("투표가 곧 마감됩니다", "{title} · {closes}에 마감합니다. 아직 참여하지 않으셨다면 지금 투표해 주세요."),
        ("A poll closes soon", "{title} · Closes {closes}. There is still time to vote."),
    ),
    _template(
        "poll_result",
        ("투표 결과가 나왔습니다", "{title} · 결과와 집계 방법을 확인해 보세요."),
        ("A result is published", "{title} · See the result and how it was counted."),
    ),
    _template(
        "proposal_stage",
        ("제안이 다음 단계로 넘어갔습니다", "{title} · {stage}"),
        ("A proposal has moved on", "{title} · {stage}"),
    ),
    _template(
        "proposal_threshold",
        ("제안이 기준에 가까워졌습니다", "{title} · 공감 {missing}명만 더 모이면 다음 단계로 넘어갑니다."),
        ("A proposal is close", "{title} · {missing} more endorsements to the next step."),
    ),
    _template(
        "reply",
        ("내 글에 답글이 달렸습니다", "토론에서 확인해 보세요."),
        ("Somebody replied to you", "Read it in the debate."),
    ),
    _template(
        "text_hidden",
        ("내 글이 가려졌습니다", "사유를 확인하고, 동의하지 않으면 이의를 제기할 수 있습니다."),
        ("Your text was hidden", "Read why; you can appeal if you disagree."),
    ),
    _template(
        "text_held",
        ("내 글을 확인하고 있습니다", "운영자가 살펴보는 동안 다른 사람에게는 보이지 않습니다. 결과를 알려 드리겠습니다."),
        ("Your text is being looked at", "Others do not see it until a moderator has looked. You will be told."),
    ),
    _template(
        "text_kept",
        ("내 글이 다시 공개되었습니다", "운영자가 살펴본 결과를 확인해 보세요."),
        ("Your text is shown again", "Read what the moderators decided."),
    ),
    _template(
        "appeal_upheld",
        ("이의를 다시 살펴봤습니다", "다른 담당자가 살펴본 결과 결정이 유지되었습니다. 사유를 확인해 보세요."),
        ("Your appeal was looked at", "A colleague looked again and the decision stands. Read why."),
    ),
    _template(
        "sign_in_ended",
        (
            "한 기기를 로그아웃했습니다",
            "같은 로그인 정보가 두 곳에서 쓰여 그 기기를 로그아웃했습니다. 내 기기 목록을 확인하고, 모르는 기기는 끝내 주세요.",
        ),
        (
            "A device was signed out",
            "Its sign-in was used in two places. Look through your devices and end those you do not know.",
        ),
    ),
    _template(
        "digest",
        ("오늘의 모아보기", "오늘 받지 못한 소식을 모았습니다. 알림함에서 확인해 보세요."),
        ("Your daily digest", "The messages held back today are waiting in your inbox."),
    ),
)
TEMPLATES: dict[str, Template] = {template.key: template for template in _TEMPLATES}

# What the sweeps fill in, with an example for whoever edits the text.
EXAMPLES: dict[str, dict[str, Value]] = {
    "poll_opened": {
        "title": {"ko": "심야버스 노선", "en": "Night bus routes"},
        "closes": {"ko": "11월 29일 오후 6시", "en": "29 Nov 18:00"},
    },
    "poll_closing": {
        "title": {"ko": "심야버스 노선", "en": "Night bus routes"},
        "closes": {"ko": "11월 29일 오후 6시", "en": "29 Nov 18:00"},
    },
    "poll_result": {"title": {"ko": "심야버스 노선", "en": "Night bus routes"}},
    "proposal_stage": {
        "title": "놀이터에 그늘",
        "stage": {"ko": "담당 부서가 검토하고 있습니다.", "en": "The department reviews it."},
    },
    "proposal_threshold": {"title": "놀이터에 그늘", "missing": "2"},
    "reply": {},
    "text_hidden": {},
    "text_held": {},
    "text_kept": {},
    "appeal_upheld": {},
    "sign_in_ended": {},
    "digest": {},
}
