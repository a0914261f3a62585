"""What can be done in moderation: load, decide, one write. One module for each part of the way; others use it from here."""

from proposals.moderation.rules import Reason
from proposals.moderation.services.admitting import Admission, admit, must_be_held, standing_of, trust_of
from proposals.moderation.services.appeals import appeal, decide_appeal
from proposals.moderation.services.citizens_polls import look_at_polls
from proposals.moderation.services.deciding import (
    decide,
    decide_flood,
    decide_many,
    decided_by,
    finish_decisions,
    hide,
    revise,
    revise_many,
)
from proposals.moderation.services.queue import (
    FOUND_MAX,
    cases_of_author,
    count_open,
    find_flood,
    find_open,
    get_case,
    open_appeals,
    open_behind,
    open_reports,
)
from proposals.moderation.services.reporting import report
from proposals.moderation.services.settings import SETTINGS_LIFETIME_S, change_settings, moderation_settings

__all__ = [
    "FOUND_MAX",
    "SETTINGS_LIFETIME_S",
    "Admission",
    "Reason",
    "admit",
    "appeal",
    "cases_of_author",
    "change_settings",
    "count_open",
    "decide",
    "decide_appeal",
    "decide_flood",
    "decide_many",
    "decided_by",
    "find_flood",
    "find_open",
    "finish_decisions",
    "get_case",
    "hide",
    "look_at_polls",
    "moderation_settings",
    "must_be_held",
    "open_appeals",
    "open_behind",
    "open_reports",
    "report",
    "revise",
    "revise_many",
    "standing_of",
    "trust_of",
]
