"""Somebody who takes no part in a test and owns something of everything, each with a mark that is easily found."""

from dataclasses import dataclass
from datetime import timedelta

from mvoting.accounts import exports, persons, services, sessions
from mvoting.accounts.identifiers import Proof
from mvoting.accounts.sessions import Device
from mvoting.core.clock import now
from mvoting.core.ids import new_id
from mvoting.voting.polls import services as polls
from notifications.campaigns import services as campaigns
from notifications.campaigns.audience import Audience

MARK = "planted-bystander"
COLLECTIONS = ("persons", "identifiers", "sessions", "personal_exports", "ideas", "polls", "devices", "campaigns")


@dataclass(frozen=True)
class Bystander:
    """Who it is, how it signs in itself, and the ids of all that it owns."""

    database: object
    person_id: str
    headers: dict
    ids: tuple


def settle(database):
    """Make the bystander, once in a database."""
    number = "010-9999-0001"
    grant = services.sign_in_with_phone(number)
    own = sessions.begin(grant.person_id, Device(id=new_id(), name=MARK), method="firebase")
    person_id, at = grant.person_id, now()
    persons.connect(person_id, Proof("social", new_id(), provider="firebase", label=MARK))
    message = {"ko": {"title": MARK, "body": MARK}}
    campaign_id = new_id()
    campaigns.start_campaign(
        "account", Audience(people=(person_id,)), message, campaign_id=campaign_id, expires_at=at + timedelta(days=1), now=at
    )
    ids = [
        person_id,
        own.session_id,
        campaign_id,
        exports.ask(person_id)["id"],
        _idea(database, person_id, at),
        _poll(person_id, at),
        _device(database, person_id, own.session_id, at),
    ]
    headers = {"Authorization": f"Bearer {own.access_token}"}
    return Bystander(database, person_id, headers, tuple(ids))


def everything(somebody):
    """Give all that the bystander owns, as stored."""
    found = {}
    for name in COLLECTIONS:
        rows = somebody.database[name].find({"_id": {"$in": list(somebody.ids)}}).sort("_id", 1)
        found[name] = [{key: value for key, value in row.items() if key != "hinted_at"} for row in rows]
    return found


def _idea(database, person_id, at):
    idea = {
        "_id": new_id(),
        "programme_id": "oasis",
        "pipeline": "oasis",
        "thresholds": [],
        "state": "draft",
        "visibility": "draft",
        "author_id": person_id,
        "coauthor_ids": [],
        "title": MARK,
        "body": MARK,
        "created_at": at,
        "updated_at": at,
        "endorsement_count": 0,
        "timeline": [],
        "promises": [],
        "answers": [],
        "milestones": [],
        "version": 1,
    }
    database.ideas.insert_one(idea)
    return idea["_id"]


def _poll(person_id, at):
    options = [{"id": f"o{n}", "title": {"ko": f"{MARK} {n}"}} for n in (1, 2)]
    question = {"id": "q1", "title": {"ko": MARK}, "method": "plurality", "seats": 1, "options": options}
    content = {"title": {"ko": MARK}, "secrecy": "open", "figures": "after_closing", "changeable": True, "k": 5}
    content |= {"audience": {"kind": "everyone"}, "questions": [question]}
    by = {"kind": "citizen", "id": person_id}
    return polls.create_poll(content, at + timedelta(hours=2), at + timedelta(days=1), by, now=at)["_id"]


def _device(database, person_id, session_id, at):
    device = {
        "_id": new_id(),
        "person_id": person_id,
        "session_id": session_id,
        "address": {"kind": "token", "value": f"{MARK}-{new_id()}"},
        "platform": "android",
        "language": "ko",
        "name": MARK,
        "permission": "granted",
        "districts": [],
        "places": [],
        "trust": "member",
        "muted": [],
        "state": "active",
        "registered_at": at,
        "refreshed_at": at,
    }
    database.devices.insert_one(device)
    return device["_id"]
