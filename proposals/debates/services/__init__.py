"""What can be done in debates: load, decide, one write. `topics` are the debates, `opinions` what is said in them."""

from proposals.debates.services.opinions import (
    SORTS,
    add_comment,
    edit_comment,
    export_comments,
    get_comment,
    list_comments,
    list_replies,
    vote_comment,
)
from proposals.debates.services.topics import (
    DEBATE_SORTS,
    get_debate,
    list_debates,
    open_debate,
    open_debate_of_idea,
    participant_count,
    pin,
    pinned,
    summarise,
    take_part,
    tell_closings,
)

__all__ = [
    "DEBATE_SORTS",
    "SORTS",
    "add_comment",
    "edit_comment",
    "export_comments",
    "get_comment",
    "get_debate",
    "list_comments",
    "list_debates",
    "list_replies",
    "open_debate",
    "open_debate_of_idea",
    "participant_count",
    "pin",
    "pinned",
    "summarise",
    "take_part",
    "tell_closings",
    "vote_comment",
]
