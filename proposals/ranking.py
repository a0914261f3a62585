"""Orders of lists. Pure; every score is stored with what it was computed from, so that lists read an index."""

import math
from datetime import datetime

TENFOLD_LEAD_S = 7 * 24 * 3600
Z_95 = 1.959963984540054


def hot(endorsements: int, published_at: datetime) -> float:
    """Score an idea so that ten times the endorsements outweigh seven days of age.

    It does not change while nobody endorses, unlike CONSUL's votes over clamp(age in days, 1, 31), which has to be
    computed again for every idea every hour; the order of two ideas is the same at any moment.
    """
    return math.log10(1 + max(endorsements, 0)) + published_at.timestamp() / TENFOLD_LEAD_S


def wilson(up: int, down: int) -> float:
    """Lower bound of the 95 % Wilson score interval of the share of up-votes, 0 without votes.

    Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927).
    """
    total = up + down
    if not total:
        return 0.0
    share, z2 = up / total, Z_95 * Z_95
    spread = Z_95 * math.sqrt((share * (1 - share) + z2 / (4 * total)) / total)
    return max(0.0, (share + z2 / (2 * total) - spread) / (1 + z2 / total))


def controversial(up: int, down: int) -> float:
    """High when many voted and they are split in halves: total to the power of the smaller over the larger side."""
    if not up or not down:
        return 0.0
    return float((up + down) ** (min(up, down) / max(up, down)))
