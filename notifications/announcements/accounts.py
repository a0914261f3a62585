"""What people must know about their own account: a sign-in of theirs was used by two, so it was ended."""

from datetime import datetime, timedelta

from mvoting.accounts import sessions
from notifications.campaigns.audience import Audience
from notifications.campaigns.services import existing, start_campaign
from notifications.templates import services as templates

# As long as the sweep may have been down.
LOOK_BACK = timedelta(hours=24)
LIFETIME = timedelta(days=7)


def announce(*, now: datetime) -> None:
    """Start the message for each replayed refresh token, once; it reaches the devices that are still signed in."""
    replayed = {f"replay:{session['_id']}": session for session in sessions.replayed_since(now - LOOK_BACK)}
    for campaign_id in replayed.keys() - existing(list(replayed)):
        message, template = templates.render("sign_in_ended", {})
        start_campaign(
            "account",
            Audience(people=(replayed[campaign_id]["person_id"],)),
            message,
            campaign_id=campaign_id,
            expires_at=now + LIFETIME,
            now=now,
            link="/me",
            template=template,
        )
