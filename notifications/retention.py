"""What notifications forget by themselves once its time has come; docs/PRIVACY.md says the same times."""

from datetime import datetime

from notifications.campaigns import services as campaigns
from notifications.devices import services as devices
from notifications.duty import services as duty
from notifications.inbox.services import KEPT


def forget_old(*, now: datetime) -> int:
    """Forget phones that no push reaches any more, and whom messages named that left the inbox. Returns: how many."""
    return devices.forget_expired(now=now) + duty.forget_former() + campaigns.forget_names(now - KEPT)
