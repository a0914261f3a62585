"""How an idea is shown: a line of a list, or its page."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from mvoting.core.language import language
from proposals import markdown
from proposals.ideas import rules
from proposals.ideas.pipeline import STATE_NAMES, State
from proposals.people import alias
from proposals.visibility import ANYBODY, Viewer

PLAIN = [
    "title",
    "category",
    "district",
    "state",
    "visibility",
    "programme_id",
    "published_at",
    "closes_at",
    "endorsement_count",
    "addition_count",
    "department",
    "debate_id",
    "poll_id",
    "merged_into",
    "done_at",
]


def line(idea: Mapping[str, Any], *, now: datetime) -> dict[str, Any]:
    """Show an idea as a line of a list."""
    shown = {key: idea.get(key) for key in PLAIN}
    state = State(idea["state"])
    return {
        "id": idea["_id"],
        **shown,
        "state_name": STATE_NAMES[state][language()],
        "summary": rules.summary_of(idea.get("body") or ""),
        "author": alias(idea.get("author_id")),
        "photos": idea.get("photos", []),
        "next_threshold": _next_threshold(idea) if state is State.COLLECTING else None,
        "to_threshold": max(idea.get("to_threshold") or 0, 0) if state is State.COLLECTING else None,
        "is_overdue": rules.is_overdue(idea, now=now),
        "next_due_at": idea.get("next_due_at"),
        "is_in_hall_of_fame": bool(idea.get("is_in_hall_of_fame")),
    } | {key: idea[key] for key in ("likeness", "distance_m") if key in idea}


def page(
    idea: Mapping[str, Any], *, now: datetime, viewer: Viewer = ANYBODY, my_part: Mapping[str, bool] | None = None
) -> dict[str, Any]:
    """Show an idea as its own page."""
    me = viewer.person_id
    return line(idea, now=now) | {
        "body": idea.get("body") or "",
        "body_html": markdown.html_of(idea),
        "point": _point(idea),
        "coauthors": [alias(person_id) for person_id in idea.get("coauthor_ids", [])],
        "is_mine": me is not None and me == idea.get("author_id"),
        "is_coauthor": me in idea.get("coauthor_ids", []),
        "me": dict(my_part) if my_part is not None else None,
        "thresholds": idea.get("thresholds", []),
        "reached": idea.get("reached", []),
        "promises": [_promise(p, now) for p in idea.get("promises", [])],
        "answers": [_answer(answer) for answer in idea.get("answers", [])],
        "milestones": [{**m, "text_html": markdown.render(m["text"])} for m in idea.get("milestones", [])],
        "timeline": idea.get("timeline", []),
        "merged_from": idea.get("merged_from", []),
        "created_at": idea["created_at"],
        "updated_at": idea.get("updated_at"),
        "version": idea["version"],
    }


def _next_threshold(idea: Mapping[str, Any]) -> dict[str, Any] | None:
    for threshold in rules.endorsement_thresholds(idea.get("thresholds", [])):
        if rules.threshold_key(threshold) not in idea.get("reached", []):
            return {"count": threshold["count"], "consequence": threshold["consequence"]}
    return None


def _point(idea: Mapping[str, Any]) -> dict[str, float] | None:
    if not idea.get("point"):
        return None
    lng, lat = idea["point"]["coordinates"]
    return {"lng": lng, "lat": lat}


def _promise(promise: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    shown = {key: promise[key] for key in ("kind", "department", "made_at", "due_at", "kept_at")}
    return shown | {"is_overdue": promise["kept_at"] is None and promise["due_at"] < now}


def _answer(answer: Mapping[str, Any]) -> dict[str, Any]:
    shown = {key: answer.get(key) for key in ("id", "verdict", "text", "reason", "department", "at")}
    return shown | {"text_html": markdown.render(answer["text"]), "by": answer["by"]["name"]}
