"""Who may vote in a poll, and how many they are."""

from typing import Any

from mvoting.accounts import persons
from mvoting.accounts.guards import Person
from mvoting.voting.polls import admissions, rolls
from mvoting.voting.polls.audiences import Voter, eligibility_refusal
from mvoting.voting.polls.rules import PollFacts


def admission(facts: PollFacts, person: Person) -> None:
    """Let a person of the poll's audience pass; lists, rooms and venues cost one more indexed read.

    Raises: NotEligible, ResidentsOnly, AdmissionNeeded (403).
    """
    is_admitted = admissions.is_admitted(facts.audience, facts.id, person.id)
    if refusal := eligibility_refusal(facts.audience, Voter(person.trust, person.claims, is_admitted)):
        raise refusal


def roll(facts: PollFacts) -> dict[str, Any]:
    """Give the number of people beyond whom there can be no ballots, and what it counts.

    Returns: {"roll", "roll_of"}: "list" the people on the uploaded roll, "room" those who came in, else "members",
        everybody who has, or had while open polls are not counted, an account.
    """
    match facts.audience["kind"]:
        case "list":
            return {"roll": rolls.size(facts.id), "roll_of": "list"}
        case "room":
            return {"roll": admissions.count(facts.id), "roll_of": "room"}
        case _:
            return {"roll": persons.how_many(), "roll_of": "members"}
