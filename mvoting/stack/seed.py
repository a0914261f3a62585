"""`python -m mvoting seed`: fill the demo city, once. Staff are made by their service; all else comes in over HTTP, as people would."""

import argparse
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from mvoting.accounts import staff
from mvoting.accounts.errors import StaffExists
from mvoting.accounts.models import DOCUMENTS
from mvoting.core import database
from mvoting.core.settings import settings
from mvoting.stack import demo_city as city
from mvoting.stack.clients import Caller, Citizen, Officer, in_words
from mvoting.stack.credentials import OFFICERS, officers
from mvoting.stack.environment import use_development_environment
from mvoting.stack.seed_mark import COLLECTION, MARK

SOON, LONG = timedelta(seconds=3), timedelta(days=14)
SETTLE = timedelta(seconds=6)  # the API moves a poll's end no nearer than four seconds


def main(argv: list[str]) -> int:
    """Seed; refuses in production."""
    argparse.ArgumentParser(prog="mvoting seed", description=__doc__).parse_args(argv)
    use_development_environment()
    if settings().is_production:
        print("the demo city is not seeded in production", file=sys.stderr)
        return 1
    marks = database.connect()[COLLECTION]
    if marks.find_one(MARK):
        return 0
    database.prepare(DOCUMENTS)
    seed_staff()
    marks.insert_one(MARK)  # before it is filled: a try that broke off must not be followed by a second city
    City(settings().public_url, settings().fcm_url).fill()
    return 0


def seed_staff() -> None:
    """Make the demo officers; those who exist stay as they are."""
    for one in OFFICERS:
        try:
            staff.create(
                email=one.email, name=one.name, roles=list(one.roles), password=one.password, totp_secret=one.totp_secret
            )
        except StaffExists:
            continue


class City:
    """The demo city as it is filled."""

    def __init__(self, api: str, sandbox: str) -> None:
        self.api, self.sandbox = api, Caller(sandbox)
        self.officers: dict[str, Officer] = officers(api)
        self.people: list[Citizen] = []

    def fill(self) -> None:
        """Let people come, vote, propose and talk."""
        for phone, name, district in city.PEOPLE:
            self._welcome(phone, name, district)
        night_bus = self._polls()
        self._ideas()
        self._debate()
        self._notice()
        self._vote_and_close(night_bus)

    def _welcome(self, phone: str, name: str, district: str) -> None:
        citizen = Citizen(self.api, phone, language="ko", device_id=f"demo-device-{phone}")
        citizen.sign_in()
        citizen.register_phone(districts=[district], name=f"{name}의 휴대전화")
        self.sandbox.call("POST", "/control/phones", {"target": citizen.push_token, "name": name})
        self.people.append(citizen)

    def _polls(self) -> dict[str, Any]:
        first = datetime.now(UTC) + SOON
        self._schedule(city.SCHOOL_ROAD, first, LONG * 2)
        self._schedule(city.RIVERSIDE, first, LONG)
        self._schedule(city.LIBRARY_HOURS, first + timedelta(days=2), LONG)
        return self._schedule(city.NIGHT_BUS, first, LONG)

    def _schedule(self, content: dict[str, Any], opens_at: datetime, lasts: timedelta) -> dict[str, Any]:
        officer = self._officer("poll_officer")
        times = {"opens_at": in_words(opens_at), "closes_at": in_words(opens_at + lasts)}
        poll = officer.call("POST", "/v1/polls", {**content, **times})
        scheduled: dict[str, Any] = officer.call("POST", f"/v1/polls/{poll['id']}/schedule")
        return scheduled

    def _vote_and_close(self, poll: dict[str, Any]) -> None:
        """Leave a poll with a result behind, however slow the machine is: it is closed once everybody has voted."""
        opens_at = datetime.fromisoformat(poll["opens_at"])
        time.sleep(max(0.0, (opens_at - datetime.now(UTC)).total_seconds()))
        for citizen, option in zip(self.people, city.NIGHT_BUS_VOTES, strict=True):
            citizen.cast(poll, {"q1": [option]})
        end = {"closes_at": in_words(datetime.now(UTC) + SETTLE), "reason": "모두 투표했습니다."}
        self._officer("poll_officer").call("PUT", f"/v1/polls/{poll['id']}/closing", end)

    def _ideas(self) -> None:
        for number, (title, body, district, category) in enumerate(city.IDEAS):
            author = self.people[number]
            idea = author.call("POST", "/v1/ideas", {"title": title, "body": body, "district": district, "category": category})
            for other in self.people[: 2 + number]:
                if other is not author:
                    other.call("PUT", f"/v1/ideas/{idea['id']}/endorsement")

    def _debate(self) -> None:
        closes_at = in_words(datetime.now(UTC) + LONG)
        debate = self.people[0].call("POST", "/v1/debates", {**city.DEBATE, "closes_at": closes_at})
        comments = f"/v1/debates/{debate['id']}/comments"
        for citizen, (side, body) in zip(self.people[1:], city.OPINIONS, strict=False):
            last = citizen.call("POST", comments, {"body": body, "side": side})
        self.people[4].call("POST", comments, {"body": city.REPLY, "parent_id": last["id"]})
        rude = self.people[5].call("POST", comments, {"body": city.RUDE, "side": "other"})
        report = {"target": {"kind": "comment", "id": rude["id"]}, "reason": "offensive"}
        self.people[0].call("POST", "/v1/reports", report)

    def _notice(self) -> None:
        author, approver = self._officer("alert_author"), self._officer("alert_approver")
        expires_at = in_words(datetime.now(UTC) + timedelta(hours=12))
        draft = author.call("POST", "/v1/alerts", {**city.NOTICE, "expires_at": expires_at})
        url = f"/v1/alerts/{draft['id']}"
        submitted = author.call("POST", f"{url}/submit", {}, headers={"If-Match": f'"{draft["version"]}"'})
        typed = approver.call("GET", f"{url}/review")["confirmation"]["ko"]
        approver.call("POST", f"{url}/approve", {"typed": typed}, headers={"If-Match": f'"{submitted["version"]}"'})

    def _officer(self, role: str) -> Officer:
        officer = self.officers[role]
        if "Authorization" not in officer.http.headers:
            officer.sign_in()
        return officer
