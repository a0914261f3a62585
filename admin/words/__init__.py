"""What the panel says, in Korean and English side by side, and how it writes times and numbers."""

from admin.words.naming import (
    actor,
    band,
    district,
    districts,
    feed_trouble,
    gap_place,
    push_text,
    push_version,
    target_name,
    topic,
    topics,
)
from admin.words.office import ROLES
from admin.words.saying import LABELS, choices, label, localized, say
from admin.words.writing import ago, day, local, number, percent, shown_lines, size, span, when

__all__ = [
    "LABELS",
    "ROLES",
    "actor",
    "ago",
    "band",
    "choices",
    "day",
    "district",
    "districts",
    "feed_trouble",
    "gap_place",
    "label",
    "local",
    "localized",
    "number",
    "percent",
    "push_text",
    "push_version",
    "say",
    "shown_lines",
    "size",
    "span",
    "target_name",
    "topic",
    "topics",
    "when",
]
