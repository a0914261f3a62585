"""What keeps an alert from being sent: the other mode, gaps, its expiry, and that it repeats one of the last 24 hours."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pymongo.client_session import ClientSession

from mvoting.core.settings import settings
from notifications.alerts import content, errors, rules, store
from notifications.alerts.rules import Kind

Document = dict[str, Any]

REPEATS_SHOWN_MAX = 20


def refuse_unsendable(alert: Document, repeats_seen: Sequence[str], now: datetime) -> None:
    """Refuse what cannot go out as it stands.

    Raises: WrongMode (409), AlertIncomplete (422), ExpiryInvalid (422), RepeatedAlert (409).
    """
    refuse_other_mode(alert)
    if found := content.gaps(alert):
        raise errors.AlertIncomplete(gaps=found)
    if refusal := rules.expiry_refusal(alert["expires_at"], now=now):
        raise errors.ExpiryInvalid(reason=refusal)
    refuse_unseen_repeats(alert, repeats_seen, now)


def refuse_unseen_repeats(
    alert: Document, repeats_seen: Sequence[str], now: datetime, session: ClientSession | None = None
) -> None:
    """Refuse an alert that repeats others which the person did not confirm to have seen.

    Raises: RepeatedAlert (409).
    """
    unseen = [earlier for earlier in repeats(alert, now, session) if earlier["id"] not in repeats_seen]
    if unseen:
        raise errors.RepeatedAlert(repeats=unseen)


def refuse_other_mode(alert: Document) -> None:
    """Refuse an alert that was written in the other deployment mode.

    Raises: WrongMode (409).
    """
    if alert["mode"] != settings().alert_mode:
        raise errors.WrongMode


def repeats(alert: Document, now: datetime, session: ClientSession | None = None) -> list[Document]:
    """Give earlier alerts of the last 24 h about the same hazard, in the same mode, with a district in common."""
    if alert["kind"] != Kind.ALERT:
        return []
    condition = {
        "_id": {"$ne": alert["_id"]},
        "kind": Kind.ALERT,
        "hazard": alert["hazard"],
        "mode": alert["mode"],
        "approved_at": {"$gte": now - rules.REPEAT_WITHIN},
        "area.districts": {"$in": alert["area"]["districts"]},
    }
    found = (
        store.alerts()
        .find(condition, {"texts": 1, "approved_at": 1}, session=session)
        .sort("approved_at", -1)
        .limit(REPEATS_SHOWN_MAX)
    )
    return [{"id": e["_id"], "text": e["texts"]["ko"], "approved_at": e["approved_at"].isoformat()} for e in found]
