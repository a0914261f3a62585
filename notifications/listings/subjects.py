"""What can be listed, and in which revision: shared by the API and the panel."""

from collections.abc import Callable

from notifications.feeds import services as feeds
from notifications.sensors import services as sensors

LISTABLE: dict[str, Callable[[str], int]] = {
    feeds.LISTING_KIND: feeds.listable_revision,
    sensors.LISTING_KIND: sensors.listable_revision,
}


def revision_of(kind: str, subject_id: str) -> int:
    """Give the revision of a source or rule that two people may list as it stands now.

    Raises: SourceNotFound, RuleNotFound (404), KeySeen (listings.key-seen, 409).
    """
    return LISTABLE[kind](subject_id)
