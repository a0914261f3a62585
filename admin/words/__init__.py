"""What the panel says, in Korean and English side by side, and how it writes times and numbers."""

from admin.words.naming import band, district, districts, gap_place, push_text, topic, topics
from admin.words.office import ROLES
from admin.words.saying import LABELS, choices, label, localized, say
from admin.words.writing import ago, day, local, number, percent, shown_lines, size, span, when

__all__ = [
    "LABELS",
    "ROLES",
    "ago",
    "band",
    "choices",
    "day",
    "district",
    "districts",
    "gap_place",
    "label",
    "local",
    "localized",
    "number",
    "percent",
    "push_text",
    "say",
    "shown_lines",
    "size",
    "span",
    "topic",
    "topics",
    "when",
]
