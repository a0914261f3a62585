"""How debates and opinions are shown."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from mvoting.core.language import language
from proposals import markdown
from proposals.debates import rules
from proposals.people import alias
from proposals.visibility import ANYBODY, Shown, Viewer, shown

PLAIN = [
    "title",
    "sides",
    "needs",
    "opened_by",
    "idea_id",
    "category",
    "district",
    "opens_at",
    "closes_at",
    "created_at",
    "comment_count",
    "participant_count",
    "side_counts",
    "visibility",
    "version",
]


def line(document: Mapping[str, Any], *, now: datetime, viewer: Viewer = ANYBODY) -> dict[str, Any]:
    """Show a debate in a list."""
    me = viewer.person_id
    return {
        "id": document["_id"],
        **{key: document.get(key) for key in PLAIN},
        "phase": rules.phase(document, now=now),
        "excerpt": markdown.summary_of(document.get("body") or ""),
        "author": alias(document["author_id"]) if document.get("author_id") else None,
        "is_mine": me is not None and me == document.get("author_id"),
        "is_summarised": bool(document.get("summary")),
    }


def debate(document: Mapping[str, Any], *, now: datetime, viewer: Viewer = ANYBODY) -> dict[str, Any]:
    """Show a debate."""
    summary = document.get("summary")
    return {
        **line(document, now=now, viewer=viewer),
        "body": document.get("body") or "",
        "body_html": markdown.html_of(document),
        "summary": _summary(summary) if summary else None,
    }


def _summary(summary: Mapping[str, Any]) -> dict[str, Any]:
    shown_summary = {key: summary.get(key) for key in ("for", "against", "other", "answer", "at")}
    return shown_summary | {"version": summary.get("version", 0), "answer_html": markdown.render(summary.get("answer") or "")}


def comment(document: Mapping[str, Any], viewer: Viewer = ANYBODY, spoken: str | None = None) -> dict[str, Any]:
    """Show an opinion; of a hidden one only that it stood here, so that its replies keep their place."""
    full = shown(document, viewer) is Shown.FULL
    me = viewer.person_id
    body = document.get("body") or ""
    return {
        "id": document["_id"],
        "debate_id": document["debate_id"],
        "parent_id": document.get("parent_id"),
        "depth": document["depth"],
        "visibility": document["visibility"],
        "body": body if full else None,
        "body_html": markdown.html_of(document) if full else None,
        "side": document.get("side"),
        "author": alias(document.get("author_id"), spoken) if full and not document.get("official") else None,
        "official": document["official"]["name"] if full and document.get("official") else None,
        "up": document["up"],
        "down": document["down"],
        "reply_count": document["reply_count"],
        "created_at": document["created_at"],
        "edited_at": document.get("edited_at") if full else None,
        "is_mine": me is not None and me == document.get("author_id"),
        "version": document["version"],
    }


def comments(documents: Iterable[Mapping[str, Any]], viewer: Viewer) -> list[dict[str, Any]]:
    """Show a list of opinions."""
    spoken = language()
    return [comment(document, viewer, spoken) for document in documents]


def comment_with_versions(document: Mapping[str, Any], viewer: Viewer) -> dict[str, Any]:
    """Show an opinion with the texts it had before."""
    return comment(document, viewer) | {"versions": document.get("versions", [])}
