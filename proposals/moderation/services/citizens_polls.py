"""Citizens' polls, looked at by a sweep, since voting knows nothing of moderation.

One that nobody of the staff saw first is judged as any text. One that they let run, or that only a private room sees, is only
remembered: for its author's standing, and so that a flood of which it is a part is found.
"""

from datetime import datetime

from mvoting.voting.polls import moderated
from proposals import events
from proposals.moderation import targets
from proposals.moderation.services import admitting
from proposals.visibility import Visibility

LOOKED_AT_ONCE = 200


def look_at_polls(*, now: datetime) -> int:
    """Let polls be listed that may stay in sight, and hold the others until a moderator decides. Returns how many were looked at.

    Until then a poll is in no list, so that one which nobody looks at is found by nobody. Ended anywhere, it is done again.
    """
    waiting = moderated.to_look_at(limit=LOOKED_AT_ONCE)
    found = targets.TARGETS["poll"].load_many(list(waiting))
    for poll_id, is_unseen in waiting.items():
        author_id, texts = found[poll_id]["author_id"], targets.texts("poll", found[poll_id])
        if not is_unseen:
            admitting.remember("poll", poll_id, author_id, texts, now=now)
            moderated.end_look(poll_id)
            continue
        trust = admitting.trust_of(author_id, now=now)
        admission = admitting.judge("poll", poll_id, author_id, texts, trust=trust, now=now)
        if admission.visibility is Visibility.HELD:
            told = targets.author_event("poll", poll_id, author_id, "text_held", now)
            targets.TARGETS["poll"].set_visibility(poll_id, [Visibility.PUBLIC], Visibility.HELD, told)
        else:
            moderated.let_be_listed(poll_id)
    if waiting:
        events.announce()
    return len(waiting)
