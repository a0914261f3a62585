"""The product's story over HTTP, step by step: told by `python -m mvoting demo`, driven by tests/integration/test_story.py.

Every step checks what it says; the first thing that is not so ends the story with `NotSo`.
"""

import secrets
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from mvoting.stack.clients import Caller, Citizen, Officer, Refused, ballot, in_words

MAPO, GANGNAM = "11440", "11680"
OPENS_AFTER = timedelta(seconds=3)
OPEN_FOR = timedelta(seconds=20)
PATIENCE_S = 40.0
SIMULTANEOUS_TRIES = 50
VOTES = {"o1": 5, "o2": 3}

POLL = {
    "title": {"ko": "밤에도 다니는 버스, 어디부터 늘릴까요?", "en": "Night buses: where should we add the first line?"},
    "description": {
        "ko": "새벽 한 시부터 네 시까지 다니는 심야버스를 한 노선 늘립니다. 어느 노선이 먼저인지 골라 주세요.",
        "en": "One more line will run between one and four in the morning. Please choose which comes first.",
    },
    "questions": [
        {
            "title": {"ko": "먼저 늘릴 노선", "en": "The line to add first"},
            "method": "plurality",
            "seats": 1,
            "options": [
                {"title": {"ko": "홍대입구–구로디지털단지", "en": "Hongik Univ. – Guro Digital Complex"}},
                {"title": {"ko": "강남역–잠실", "en": "Gangnam Station – Jamsil"}},
                {"title": {"ko": "노원–종로", "en": "Nowon – Jongno"}},
            ],
        }
    ],
    "figures": "after_closing",
}


class NotSo(AssertionError):
    """The product did not do what the story says."""


def expect(is_so: object, what: str) -> None:
    """Go on only when it is so."""
    if not is_so:
        raise NotSo(what)


class Story:
    """One telling, with its own people, so that it can be told again on the same city."""

    def __init__(self, api: str, sandbox: str, officers: dict[str, Officer], tell: Callable[[str], None]) -> None:
        self.api, self.tell = api, tell
        self.sandbox = Caller(sandbox)
        self.officers = officers
        self.people: list[Citizen] = []
        self.poll: dict[str, Any] = {}

    def steps(self) -> Iterator[tuple[str, Callable[[], None]]]:
        """Give the steps in their order, each with its heading."""
        yield "A citizen signs in", self.sign_in
        yield "A poll opens at its time", self.open_poll
        yield "Citizens vote, once each", self.vote
        yield "The poll closes at its time", self.close_poll

    def sign_in(self) -> None:
        minji = self._newcomer()
        self.tell(f"민지 signs in with {minji.phone}: one code, and a session with a short access token.")
        before = minji.grant["refresh_token"]
        minji.refresh()
        expect(minji.grant["refresh_token"] != before, "the refresh token rotates")
        keys = minji.call("GET", "/v1/.well-known/jwks.json")["keys"]
        expect(keys and keys[0]["kty"] == "RSA", "the public keys are published")
        self.tell("The refresh token rotates; the keys that verify access tokens are public.")
        self._refused("accounts.token-invalid", lambda: self._stranger("forged").call("GET", "/v1/me"))
        self.tell("A forged token opens nothing.")

    def open_poll(self) -> None:
        officer = self._officer("poll_officer")
        opens_at = datetime.now(UTC) + OPENS_AFTER
        draft = {**POLL, "opens_at": in_words(opens_at), "closes_at": in_words(opens_at + OPEN_FOR)}
        poll = officer.call("POST", "/v1/polls", draft, headers={"Idempotency-Key": secrets.token_hex(16)})
        self.poll = officer.call("POST", f"/v1/polls/{poll['id']}/schedule")
        self.tell(f"{POLL['title']['en']} ({POLL['title']['ko']}) is scheduled; it opens in a moment.")
        self._refused("voting.poll-not-open", lambda: self.people[0].cast(self.poll, {"q1": ["o1"]}))
        self._until(lambda: self._poll()["state"] == "open", "the poll opens at its time")
        self.tell("It opened, by its times alone.")

    def vote(self) -> None:
        newcomers = [self._newcomer() for _ in range(sum(VOTES.values()) - 1)]
        choices = [option for option, count in VOTES.items() for _ in range(count)]
        for citizen, option in zip(newcomers, choices[1:], strict=True):
            expect(citizen.cast(self.poll, {"q1": [option]})["revision"] == 1, "the ballot is stored")
        self.tell(f"{len(newcomers)} citizens voted.")
        minji = self.people[0]
        accepted, refused = self._at_once(minji)
        expect(accepted == 1, f"one of {SIMULTANEOUS_TRIES} simultaneous ballots of one person counts, not {accepted}")
        expect(refused == {"voting.revision-conflict"}, f"the others are told why, not {refused}")
        self.tell(f"민지 sent {SIMULTANEOUS_TRIES} ballots at once: one counts, the others were told that she has voted.")
        expect(self._poll()["result"] is None, "no result is seen before closing")

    def close_poll(self) -> None:
        self._until(lambda: self._poll()["state"] not in ("open", "scheduled"), "the poll closes at its time")
        self._refused("voting.poll-closed", lambda: self._newcomer().cast(self.poll, {"q1": ["o1"]}))
        self.tell("It closed at its time; a ballot after that is refused.")

    def _newcomer(self) -> Citizen:
        citizen = Citizen(self.api, f"010-{secrets.randbelow(9000) + 1000}-{secrets.randbelow(10_000):04d}")
        citizen.sign_in()
        self.people.append(citizen)
        return citizen

    def _stranger(self, token: str) -> Caller:
        stranger = Caller(self.api)
        stranger.bear(token)
        return stranger

    def _officer(self, role: str) -> Officer:
        officer = self.officers[role]
        if "Authorization" not in officer.http.headers:
            officer.sign_in()
        return officer

    def _poll(self) -> dict[str, Any]:
        poll: dict[str, Any] = self.people[0].call("GET", f"/v1/polls/{self.poll['id']}")
        return poll

    def _at_once(self, citizen: Citizen) -> tuple[int, set[str]]:
        def try_once(_: int) -> str:
            try:
                citizen.call("PUT", f"/v1/polls/{self.poll['id']}/ballot", ballot(self.poll, {"q1": ["o1"]}))
            except Refused as refusal:
                return refusal.code
            return ""

        with ThreadPoolExecutor(SIMULTANEOUS_TRIES) as pool:
            codes = list(pool.map(try_once, range(SIMULTANEOUS_TRIES)))
        return codes.count(""), set(codes) - {""}

    def _refused(self, code: str, attempt: Callable[[], object]) -> None:
        try:
            attempt()
        except Refused as refusal:
            expect(refusal.code == code, f"the refusal is {code}, not {refusal}")
        else:
            raise NotSo(f"this is refused with {code}")

    def _until(self, condition: Callable[[], object], what: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            expect(time.monotonic() < deadline, what)
            time.sleep(0.2)
