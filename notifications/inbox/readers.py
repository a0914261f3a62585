"""Whose inbox is read, and which messages concern that person: many decided with a few questions to the database."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mvoting.accounts import persons
from notifications.campaigns import audience as audiences
from notifications.campaigns import ledger
from notifications.campaigns.audience import Audience
from notifications.devices import services as devices
from notifications.people_lists import services as people_lists
from notifications.preferences import services as preferences


@dataclass(frozen=True)
class Reader:
    """Whose inbox is read. What few messages ask for is loaded when one does."""

    person_id: str
    trust: str
    device_ids: tuple[str, ...]
    places: frozenset[str]
    languages: frozenset[str]
    topics: tuple[str, ...]
    hidden: tuple[str, ...]

    @cached_property
    def facts_keys(self) -> list[str]:
        return persons.confirmed_fact_keys(self.person_id)

    @cached_property
    def lists(self) -> list[str]:
        return people_lists.lists_of(self.person_id)

    @property
    def selectors(self) -> list[str]:
        """Give the words by which messages are found; who has no phone is in no shape and no ledger."""
        return audiences.selectors_of_person(self.person_id, self.places, has_phone=bool(self.device_ids))


def load(person_id: str, trust: str) -> Reader:
    """Load what decides which messages concern a person."""
    owned = devices.list_devices(person_id)
    chosen = preferences.get_preferences(person_id)
    return Reader(
        person_id,
        trust,
        tuple(device["_id"] for device in owned),
        frozenset(place for device in owned for place in device.get("places") or ()),
        frozenset(device["language"] for device in owned),
        tuple(chosen["topics"]),
        tuple(chosen["hidden"]),
    )


def concerning(who: Reader, page: Iterable[Mapping[str, Any]]) -> set[str]:
    """Give the ids of those messages of a page that concern a person.

    Args: page: of each `_id`, `audience` without its people, and `is_named`: whether the person is one of them.
    """
    asked = {campaign["_id"]: _audience(who, campaign) for campaign in page}
    by_ledger = {name: audience.ledger_of for name, audience in asked.items() if audience.ledger_of}
    found = {name for name, audience in asked.items() if name not in by_ledger and _is_among(who, audience)}
    shaped = {name: each for name, each in asked.items() if each.shapes and name not in found and name not in by_ledger}
    if shaped:
        found |= devices.matching(who.person_id, {name: audiences.condition(each) for name, each in shaped.items()})
    if by_ledger:
        held = ledger.holding(set(by_ledger.values()), who.device_ids)
        found |= {name for name, original in by_ledger.items() if original in held}
    return found


def _audience(who: Reader, campaign: Mapping[str, Any]) -> Audience:
    named = {"people": [who.person_id]} if campaign["is_named"] else {}
    return audiences.from_document({**campaign["audience"], **named})


def _is_among(who: Reader, audience: Audience) -> bool:
    return audiences.concerns(
        audience,
        who.person_id,
        places=who.places,
        languages=who.languages,
        trust=who.trust,
        facts_keys=who.facts_keys if audience.facts else (),
        topics=who.topics,
        lists=who.lists if audience.lists else (),
    )
