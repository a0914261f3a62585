"""Templates: a poll's content kept to begin others from."""

from datetime import datetime
from typing import Any

from pymongo.client_session import ClientSession

from mvoting.core.ids import new_id
from mvoting.core.pagination import keyset_page
from mvoting.voting.acts import recorded
from mvoting.voting.polls import errors, services
from mvoting.voting.polls.models import PollTemplate


def keep_template(poll_id: str, name: str, *, now: datetime, staff_id: str) -> dict[str, Any]:
    """Keep a poll's content under a name.

    Raises: PollNotFound (404).
    """
    content = services.content_of(services.poll_document(poll_id))
    template = {"_id": new_id(), "name": name, "content": content, "created_at": now}

    def write(session: ClientSession | None) -> dict[str, Any]:
        PollTemplate._get_collection().insert_one(template, session=session)
        return template

    return recorded("keep_template", f"poll_template:{template['_id']}", staff_id, write, after={"poll": poll_id, "name": name})


def list_templates(*, after: str | None, limit: int) -> tuple[list[dict[str, Any]], str | None]:
    """List templates, the newest first."""
    return keyset_page(PollTemplate._get_collection(), {}, sort=[("_id", -1)], after=after, limit=limit)


def get_template(template_id: str) -> dict[str, Any]:
    """Load a template.

    Raises: TemplateNotFound (404).
    """
    template: dict[str, Any] | None = PollTemplate._get_collection().find_one({"_id": template_id})
    if template is None:
        raise errors.TemplateNotFound
    return template


def draft_from(
    template_id: str, opens_at: datetime, closes_at: datetime, by: dict[str, str], *, now: datetime, room_password: str
) -> dict[str, Any]:
    """Draft a poll from a template.

    Raises: TemplateNotFound (404), PollTimesInvalid (422).
    """
    content = get_template(template_id)["content"]
    return services.create_poll(content, opens_at, closes_at, by, now=now, room_password=room_password, is_copy=True)


def delete_template(template_id: str, *, staff_id: str) -> None:
    """Delete a template.

    Raises: TemplateNotFound (404).
    """
    templates = PollTemplate._get_collection()
    template = templates.find_one({"_id": template_id}, {"name": 1})
    if template is None:
        raise errors.TemplateNotFound

    def write(session: ClientSession | None) -> int:
        deleted: int = templates.delete_one({"_id": template_id}, session=session).deleted_count
        return deleted

    target = f"poll_template:{template_id}"
    if not recorded("delete_template", target, staff_id, write, before={"name": template["name"]}):
        raise errors.TemplateNotFound
