"""What validation says, in the language of the person who reads it."""

import re
from typing import Any

from mvoting.core.language import language

KOREAN: list[tuple[re.Pattern[str], str]] = [
    (re.compile(pattern + r"\Z"), korean)
    for pattern, korean in (
        (r"Missing data for required field\.", "꼭 입력해야 하는 항목입니다."),
        (r"Unknown field\.", "알 수 없는 항목입니다."),
        (r"Field may not be null\.", "비워 둘 수 없습니다."),
        (r"Not a valid string\.", "글자로 입력해 주세요."),
        (r"Not a valid integer\.", "정수로 입력해 주세요."),
        (r"Not a valid number\.", "숫자로 입력해 주세요."),
        (r"Not a valid boolean\.", "true 또는 false로 입력해 주세요."),
        (r"Not a valid list\.", "목록으로 입력해 주세요."),
        (r"Not a valid mapping type\.", "이름과 값의 묶음으로 입력해 주세요."),
        (r"Not a valid datetime\.", "날짜와 시각을 올바르게 입력해 주세요."),
        (r"Not an id\.", "식별자가 올바르지 않습니다."),
        (r"Invalid input type\.", "입력 형식이 올바르지 않습니다."),
        (r"Control letters are not allowed\.", "쓸 수 없는 제어 문자가 들어 있습니다."),
        (r"This must not be blank\.", "내용을 입력해 주세요."),
        (r"Give the time with its offset.*", "시각은 시간대와 함께 적어 주세요. 예: 2026-11-22T09:00:00+09:00"),
        (r"The year must lie between.*", "연도는 1900년에서 2199년 사이여야 합니다."),
        (r"Longer than maximum length (\d+)\.", r"최대 \1자까지 쓸 수 있습니다."),
        (r"Shorter than minimum length (\d+)\.", r"\1자 이상 써 주세요."),
        (r"Length must be between (\d+) and (\d+)\.", r"길이는 \1에서 \2 사이여야 합니다."),
        (r"Must be greater than or equal to (\S+) and less than or equal to (\S+)\.", r"\1에서 \2 사이여야 합니다."),
        (r"Must be greater than or equal to (\S+)\.", r"\1 이상이어야 합니다."),
        (r"Must be less than or equal to (\S+)\.", r"\1 이하여야 합니다."),
        (r"Must be one of: (.+)\.", r"다음 중 하나여야 합니다: \1."),
        (r"Not a valid choice.*", "고를 수 없는 값입니다."),
    )
]


def in_language(messages: Any) -> Any:
    """Give validation messages in the present request's language; keys are left as they are."""
    if language() == "en":
        return messages
    return _korean(messages)


def _korean(messages: Any) -> Any:
    if isinstance(messages, dict):
        return {key: _korean(value) for key, value in messages.items()}
    if isinstance(messages, list):
        return [_korean(value) for value in messages]
    for pattern, korean in KOREAN:
        if isinstance(messages, str) and (found := pattern.match(messages)):
            return found.expand(korean)
    return messages
