"""Words that ideas and debates share at the door: categories and districts."""

from typing import Any

from marshmallow import ValidationError, fields, validate

from mvoting.core.districts import is_district
from proposals.visibility import Visibility

CATEGORIES = {
    "transport": {"ko": "교통", "en": "Transport"},
    "environment": {"ko": "환경", "en": "Environment"},
    "safety": {"ko": "안전", "en": "Safety"},
    "welfare": {"ko": "복지", "en": "Welfare"},
    "culture": {"ko": "문화", "en": "Culture"},
    "economy": {"ko": "경제", "en": "Economy"},
    "housing": {"ko": "주택", "en": "Housing"},
    "education": {"ko": "교육", "en": "Education"},
    "other": {"ko": "기타", "en": "Other"},
}
CATEGORY = validate.OneOf(list(CATEGORIES))
VISIBILITY = validate.OneOf([visibility.value for visibility in Visibility])


def _known_district(code: str) -> None:
    if not is_district(code):
        raise ValidationError("No such district.")


class District(fields.String):
    """A district's code."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(validate=_known_district, metadata={"example": "11440", "description": "district code"}, **kwargs)
