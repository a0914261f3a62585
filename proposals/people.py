"""How a person appears beside what they wrote: by an alias that says nothing about who it is."""

from functools import lru_cache

from mvoting.core.language import language
from mvoting.core.secrets import keyed

NAMES = {"ko": ("시민", "탈퇴한 시민"), "en": ("Citizen", "A former member")}


def alias(person_id: str | None, spoken: str | None = None) -> str:
    """Give the public name of a person, the same wherever they write.

    Args: spoken: "ko" or "en"; lists ask once for all their lines.
    """
    present, former = NAMES[spoken or language()]
    return f"{present} {_mark(person_id)}" if person_id else former


@lru_cache(maxsize=20_000)
def _mark(person_id: str) -> str:
    return keyed("proposals.alias", person_id)[:6]
