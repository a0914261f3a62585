"""How an idea is shown: a line of a list, or its page."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from mvoting.core.language import language
from proposals import markdown
from proposals.ideas.pipeline import STATE_NAMES
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


def line(idea: Mapping[str, Any], *, now: datetime, spoken: str | None = None) -> dict[str, Any]:
    """Show an idea as a line of a list; lists ask once for the language, `spoken`."""
    spoken = spoken or language()
    get, due = idea.get, idea.get("next_due_at")
    is_collecting = idea["state"] == "collecting"
    shown = {key: get(key) for key in PLAIN}
    shown["id"] = idea["_id"]
    shown["state_name"] = _state_names[spoken][idea["state"]]
    shown["summary"] = get("summary") or ""
    shown["author"] = alias(get("author_id"), spoken)
    shown["photos"] = get("photos", [])
    shown["next_threshold"] = get("next_threshold") if is_collecting else None
    shown["to_threshold"] = max(get("to_threshold") or 0, 0) if is_collecting else None
    shown["is_overdue"] = due is not None and due < now
    shown["next_due_at"] = due
    shown["is_in_hall_of_fame"] = bool(get("is_in_hall_of_fame"))
    for key in ("likeness", "distance_m"):
        if key in idea:
            shown[key] = idea[key]
    return shown


def lines(ideas: Iterable[Mapping[str, Any]], *, now: datetime) -> list[dict[str, Any]]:
    """Show a list of ideas."""
    spoken = language()
    return [line(idea, now=now, spoken=spoken) for idea in ideas]


_state_names = {spoken: {state.value: names[spoken] for state, names in STATE_NAMES.items()} for spoken in ("ko", "en")}


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
