"""Templates: a poll's content kept to begin others from."""

from datetime import datetime
from typing import Any

from mvoting.core.ids import new_id
from mvoting.core.pagination import keyset_page
from mvoting.voting.polls import errors, services
from mvoting.voting.polls.models import PollTemplate


def keep_template(poll_id: str, name: str, *, now: datetime) -> dict[str, Any]:
    """Keep a poll's content under a name.

    Raises: PollNotFound (404).
    """
    content = services.content_of(services.poll_document(poll_id))
    template = {"_id": new_id(), "name": name, "content": content, "created_at": now}
    PollTemplate._get_collection().insert_one(template)
    return template


def list_templates(*, after: str | None, limit: int) -> tuple[list[dict[str, Any]], str | None]:
    """List templates, the newest first."""
    return keyset_page(PollTemplate._get_collection(), {}, sort=[("_id", -1)], after=after, limit=limit)


def draft_from(
    template_id: str, opens_at: datetime, closes_at: datetime, by: dict[str, str], *, now: datetime, room_password: str
) -> dict[str, Any]:
    """Draft a poll from a template.

    Raises: TemplateNotFound (404), PollTimesInvalid (422).
    """
    template = PollTemplate._get_collection().find_one({"_id": template_id})
    if template is None:
        raise errors.TemplateNotFound
    content = template["content"]
    return services.create_poll(content, opens_at, closes_at, by, now=now, room_password=room_password, is_copy=True)


def delete_template(template_id: str) -> None:
    """Delete a template.

    Raises: TemplateNotFound (404).
    """
    if not PollTemplate._get_collection().delete_one({"_id": template_id}).deleted_count:
        raise errors.TemplateNotFound
