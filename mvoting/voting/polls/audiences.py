"""Who may vote: audiences as data, and the one rule that reads them. Pure.

Shapes, as they stand in the definition that everybody reads:
    {"kind": "everyone"}
    {"kind": "profile", "districts"?: [code], "birth_years"?: [from, to], "genders"?: [gender], "tags"?: [tag]}
    {"kind": "list"}                                    people on an uploaded roll
    {"kind": "on_site", "by": "code"}                   people who scan the venue's changing code
    {"kind": "on_site", "by": "distance", "latitude_e6", "longitude_e6", "radius_m"}
    {"kind": "room"}                                    people who know the room's number and password
each with "trust": "member" or "resident". Of a profile every condition that is given must hold.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from mvoting.core.problems import Problem
from mvoting.voting.polls import errors

ON_SITE_FOR = timedelta(minutes=15)
EARTH_RADIUS_M = 6_371_009.0


@dataclass(frozen=True)
class Voter:
    """What the rule may know of a person.

    Args: facts: confirmed facts of a resident: district, birth_year, gender, tags. is_admitted: on the roll, in the
        room, or on site within the last minutes, where the audience asks for one of these.
    """

    trust: str
    facts: Mapping[str, Any]
    is_admitted: bool = False


def eligibility_refusal(audience: Mapping[str, Any], voter: Voter) -> Problem | None:
    """Tell why a person may not vote in a poll of this audience, None when the person may."""
    if audience.get("trust") == "resident" and voter.trust != "resident":
        return errors.ResidentsOnly()
    match audience["kind"]:
        case "everyone":
            return None
        case "profile":
            if voter.trust != "resident":
                return errors.ResidentsOnly()
            return None if _fits_profile(audience, voter.facts) else errors.NotEligible()
        case "list":
            return None if voter.is_admitted else errors.NotEligible()
        case "on_site" | "room":
            return None if voter.is_admitted else errors.AdmissionNeeded(audience=audience["kind"])
        case _:
            return errors.NotEligible()


def _fits_profile(audience: Mapping[str, Any], facts: Mapping[str, Any]) -> bool:
    if (districts := audience.get("districts")) and facts.get("district") not in districts:
        return False
    if years := audience.get("birth_years"):
        born = facts.get("birth_year")
        if not isinstance(born, int) or not years[0] <= born <= years[1]:
            return False
    if (genders := audience.get("genders")) and facts.get("gender") not in genders:
        return False
    tags = audience.get("tags")
    return not tags or bool(set(tags) & set(facts.get("tags") or ()))


def is_within(audience: Mapping[str, Any], latitude: float, longitude: float) -> bool:
    """Tell whether a point lies within the audience's radius, by great-circle distance (haversine)."""
    lat1, lon1 = math.radians(audience["latitude_e6"] / 1e6), math.radians(audience["longitude_e6"] / 1e6)
    lat2, lon2 = math.radians(latitude), math.radians(longitude)
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(half)) <= audience["radius_m"]
