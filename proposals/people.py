"""How a person appears beside what they wrote: by an alias that says nothing about who it is."""

from mvoting.core.language import language
from mvoting.core.secrets import keyed


def alias(person_id: str | None) -> str:
    """Give the public name of a person, the same wherever they write."""
    name = "시민" if language() == "ko" else "Citizen"
    if person_id is None:
        return "탈퇴한 시민" if language() == "ko" else "A former member"
    return f"{name} {keyed('proposals.alias', person_id)[:6]}"
