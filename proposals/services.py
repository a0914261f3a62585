"""What other packages ask of proposals: what happened, whom to tell, and how a subject may be called now."""

from typing import Any

from mvoting.core.database import database
from proposals import events
from proposals.debates.models import Comment, Debate, Participant
from proposals.ideas.models import Endorsement, Follow, Idea
from proposals.visibility import PUBLIC

events_since = events.events_since

AUDIENCES: dict[str, Any] = {"followers": Follow, "endorsers": Endorsement, "participants": Participant}
TITLED: dict[str, Any] = {"idea": Idea, "debate": Debate}


def audience(to: dict[str, str], *, after: str = "", limit: int = 1000) -> tuple[list[str], str | None]:
    """List the people an event is for, page by page.

    Args: to: an event's `to`, of kind followers, endorsers, participants or person; after: the cursor given before.
    Returns: person ids and the next cursor, None at the end. Departments and districts have no people here.
    """
    if to["kind"] == "person":
        return ([to["id"]] if to["id"] and not after else []), None
    document = AUDIENCES.get(to["kind"])
    if document is None:
        return [], None
    first = max(f"{to['id']}:", after)
    rows = document._get_collection().find({"_id": {"$gt": first, "$lt": f"{to['id']};"}}, {"person_id": 1})
    page = list(rows.sort("_id", 1).limit(limit))
    return [row["person_id"] for row in page], page[-1]["_id"] if len(page) == limit else None


def title_of(subject: dict[str, str]) -> str | None:
    """Give the title of an event's subject as everybody may see it now; None when it is hidden.

    Ask at the moment of showing or sending: a text hidden meanwhile must not appear.
    """
    if subject["kind"] == "comment":
        comment = database()[Comment._get_collection_name()].find_one({"_id": subject["id"], **PUBLIC}, {"debate_id": 1})
        return title_of({"kind": "debate", "id": comment["debate_id"]}) if comment else None
    document = TITLED.get(subject["kind"])
    found: dict[str, Any] | None = (
        document._get_collection().find_one({"_id": subject["id"], **PUBLIC}, {"title": 1}) if document else None
    )
    return found["title"] if found else None
