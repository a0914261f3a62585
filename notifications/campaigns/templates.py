"""Texts of campaigns in Korean and English, versioned, with named fields and lengths checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter

TITLE_MAX, BODY_MAX = 60, 200
FIELD_MAX = 80


class TemplateError(ValueError):
    """A template or its fields are wrong; the text says what."""


@dataclass(frozen=True)
class Template:
    """One version of a text; `texts` is {"ko": (title, body), "en": (title, body)} with {fields}."""

    key: str
    version: int
    texts: Mapping[str, tuple[str, str]]

    @property
    def name(self) -> str:
        return f"{self.key}:{self.version}"

    def fields(self) -> set[str]:
        """Give the names that the texts use."""
        return {name for pair in self.texts.values() for text in pair for _, name, _, _ in Formatter().parse(text) if name}

    def render(self, values: Mapping[str, Mapping[str, str] | str]) -> dict[str, dict[str, str]]:
        """Fill the fields in each language; a value is one text or {"ko", "en"}. Long values are cut, the whole never is.

        Raises: TemplateError naming missing fields.
        """
        missing = self.fields() - set(values)
        if missing:
            raise TemplateError(f"{self.name} needs {', '.join(sorted(missing))}")
        message = {}
        for language, (title, body) in self.texts.items():
            spoken = {name: _spoken(value, language) for name, value in values.items()}
            message[language] = {
                "title": _fitted(title, spoken, TITLE_MAX),
                "body": _fitted(body, spoken, BODY_MAX),
            }
        return message


def _spoken(value: Mapping[str, str] | str, language: str) -> str:
    text = value if isinstance(value, str) else value.get(language) or value["ko"]
    return " ".join(text.split())


def _fitted(text: str, values: Mapping[str, str], limit: int) -> str:
    """Fill `text`, cutting the values, not the sentence, until it fits."""
    for longest in (FIELD_MAX, 60, 40, 30, 20, 10):
        filled = text.format_map({name: _cut(value, longest) for name, value in values.items()})
        if len(filled) <= limit:
            return filled
    raise TemplateError(f"the text alone is longer than {limit} characters")


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


TEMPLATES: dict[str, Template] = {
    template.key: template
    for template in (
        Template(
            "poll_opened",
            1,
            {
                "ko": ("투표가 시작됐습니다", "{title} · {closes}까지 참여할 수 있습니다."),
                "en": ("A poll has opened", "{title} · Vote until {closes}."),
            },
        ),
        Template(
            "poll_closing",
            1,
            {
                "ko": ("투표가 곧 마감됩니다", "{title} · {closes}에 마감합니다. 아직 참여하지 않으셨다면 지금 투표해 주세요."),
                "en": ("A poll closes soon", "{title} · Closes {closes}. There is still time to vote."),
            },
        ),
        Template(
            "poll_result",
            1,
            {
                "ko": ("투표 결과가 나왔습니다", "{title} · 결과와 집계 방법을 확인해 보세요."),
                "en": ("A result is published", "{title} · See the result and how it was counted."),
            },
        ),
        Template(
            "proposal_stage",
            1,
            {
                "ko": ("제안이 다음 단계로 넘어갔습니다", "{title} · {stage}"),
                "en": ("A proposal has moved on", "{title} · {stage}"),
            },
        ),
        Template(
            "proposal_threshold",
            1,
            {
                "ko": ("제안이 기준에 가까워졌습니다", "{title} · 공감 {missing}명만 더 모이면 다음 단계로 넘어갑니다."),
                "en": ("A proposal is close", "{title} · {missing} more endorsements to the next step."),
            },
        ),
        Template(
            "reply",
            1,
            {
                "ko": ("내 글에 답글이 달렸습니다", "토론에서 확인해 보세요."),
                "en": ("Somebody replied to you", "Read it in the debate."),
            },
        ),
        Template(
            "text_hidden",
            1,
            {
                "ko": ("내 글이 가려졌습니다", "사유를 확인하고, 동의하지 않으면 이의를 제기할 수 있습니다."),
                "en": ("Your text was hidden", "Read why; you can appeal if you disagree."),
            },
        ),
        Template(
            "digest",
            1,
            {
                "ko": ("오늘의 모아보기", "오늘 받지 못한 소식을 모았습니다. 알림함에서 확인해 보세요."),
                "en": ("Your daily digest", "The messages held back today are waiting in your inbox."),
            },
        ),
    )
}
