"""`python -m mvoting replay FILE --method M`: make a poll of a real election file and let that many citizens vote in it."""

import argparse
import itertools
import json
import os
import secrets
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from mvoting.stack.clients import CONSENTS, Officer, Refused, ballot, in_words
from mvoting.stack.credentials import officers
from mvoting.stack.environment import use_development_environment
from mvoting.voting.formats.election import Election, FormatError
from mvoting.voting.formats.registry import read_file
from mvoting.voting.methods.answers import thaw
from mvoting.voting.methods.registry import METHODS
from mvoting.voting.tally.files import display_names, patterns

WORKERS = 16
OPEN_FOR = timedelta(hours=6)
SETTLE_S = 8.0  # the API moves a poll's end no nearer than four seconds
PATIENCE_S = 600.0


class Replay:
    """One election file, voted anew over HTTP."""

    def __init__(self, address: str, election: Election, method: str, seats: int) -> None:
        self.address, self.election, self.method, self.seats = address, election, method, seats
        self.names = display_names(election)
        self.ids = {option: f"o{place}" for place, option in enumerate(election.names, 1)}
        # 010-0000-0000 upwards, at a random place, so that a second replay brings other citizens.
        self.numbers = itertools.count(10_000_000 + secrets.randbelow(60_000_000))
        self.local = threading.local()

    def run(self) -> dict[str, Any]:
        """Make the poll, cast every ballot, close it, wait for the result. Returns: the result with names."""
        staff = self._officer()
        poll = self._make_poll(staff)
        answers = list(self._answers())
        say(f"{len(answers):,} citizens sign in and vote in poll {poll['id']}")
        began = time.monotonic()
        with ThreadPoolExecutor(WORKERS) as pool:
            for done, _ in enumerate(pool.map(lambda answer: self._vote(poll, answer), answers), 1):
                if done % 1000 == 0:
                    say(f"{done:,} ballots, {done / (time.monotonic() - began):,.0f} a second")
        staff = self._officer()  # anew: a large replay outlasts an idle session
        end = datetime.now(UTC) + timedelta(seconds=SETTLE_S)
        reason = {"closes_at": in_words(end), "reason": "모든 표를 다시 넣었습니다."}
        staff.call("PUT", f"/v1/polls/{poll['id']}/closing", reason)
        say("closed; waiting for the board, the count and the result")
        return self._named(self._result(poll["id"]))

    def _officer(self) -> Officer:
        staff = officers(self.address)["poll_officer"]
        staff.sign_in()
        return staff

    def _make_poll(self, staff: Officer) -> dict[str, Any]:
        options = [{"title": {"ko": self.names[option]}, **self._cost(option)} for option in self.election.names]
        question: dict[str, Any] = {
            "title": {"ko": self.election.title or "선거"},
            "method": self.method,
            "seats": 1 if METHODS[self.method].one_seat else self.seats,
            "options": options,
        }
        if METHODS[self.method].needs_costs:
            question["budget"] = self.election.budget
            points = (
                sum(answer.values()) for answer in map(thaw, patterns(self.election, self.method)) if isinstance(answer, dict)
            )
            question |= {"max_points": most} if (most := max(points, default=0)) else {}
        if self.method in ("irv", "stv"):
            question["equal_ranks"] = True  # files hold ballots with overvotes, and they must count as they did
        now = datetime.now(UTC)
        draft = {
            "title": {"ko": f"{self.election.title or '선거'} (재현)"},
            "questions": [question],
            "opens_at": in_words(now),
            "closes_at": in_words(now + OPEN_FOR),
        }
        poll: dict[str, Any] = staff.call("POST", "/v1/polls", draft)
        scheduled: dict[str, Any] = staff.call("POST", f"/v1/polls/{poll['id']}/schedule")
        return scheduled

    def _cost(self, option: str) -> dict[str, int]:
        return {"cost": self.election.costs[option]} if option in self.election.costs else {}

    def _answers(self) -> Iterator[Any]:
        for answer, times in patterns(self.election, self.method).items():
            yield from itertools.repeat(self._translated(thaw(answer)), times)

    def _translated(self, answer: Any) -> Any:
        if isinstance(answer, dict):
            return {self.ids[option]: score for option, score in answer.items()}
        if isinstance(answer, list):
            return [self._translated(entry) for entry in answer]
        return self.ids[answer] if answer is not None else None

    def _vote(self, poll: dict[str, Any], answer: Any) -> None:
        http = self._connection()
        phone = f"010{next(self.numbers):08d}"
        code = self._call(http, "POST", "/v1/sign-in/development", {"phone": phone})["code"]
        device = {"id": secrets.token_hex(16), "name": "replay", "platform": "web"}
        body = {"phone": phone, "code": code, "device": device, "consents": CONSENTS}
        token = self._call(http, "POST", "/v1/sign-in/development/code", body)["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        self._call(http, "PUT", f"/v1/polls/{poll['id']}/ballot", ballot(poll, {"q1": answer}), headers=headers)

    def _connection(self) -> httpx.Client:
        if not hasattr(self.local, "http"):
            self.local.http = httpx.Client(base_url=self.address, timeout=60.0)
        http: httpx.Client = self.local.http
        return http

    @staticmethod
    def _call(http: httpx.Client, method: str, path: str, body: Any, **options: Any) -> Any:
        response = http.request(method, path, json=body, **options)
        if response.is_error:
            raise Refused(response)
        return response.json()

    def _result(self, poll_id: str) -> dict[str, Any]:
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            response = self._connection().get(f"/v1/polls/{poll_id}/result", headers={"Accept-Language": "en"})
            if response.is_success:
                result: dict[str, Any] = response.json()
                return result
            time.sleep(1.0)
        raise TimeoutError(f"no result of poll {poll_id} within {PATIENCE_S:.0f} s; do the workers run?")

    def _named(self, result: dict[str, Any]) -> dict[str, Any]:
        counted = result["questions"][0]
        names = {self.ids[option]: name for option, name in self.names.items()}
        rounds = [
            {
                "totals": {names[option]: votes for option, votes in closed["totals"].items()},
                "elected": [names[option] for option in closed["elected"]],
                "eliminated": [names[option] for option in closed["eliminated"]],
                "exhausted": closed["exhausted"],
            }
            for closed in counted["rounds"]
        ]
        return {
            "method": counted["method"],
            "seats": counted["seats"],
            "ballots": counted["ballots"],
            "winners": [names[option] for option in counted["winners"]],
            "rounds": rounds,
            "exhausted": counted["exhausted"],
        }


def main(argv: list[str]) -> int:
    """Replay a file against a running `make run`; the result goes to standard output, progress to standard error."""
    parser = argparse.ArgumentParser(prog="python -m mvoting replay", description=__doc__)
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--method", required=True, choices=list(METHODS), metavar="METHOD")
    parser.add_argument("--seats", type=int, choices=range(1, 51), metavar="SEATS")
    arguments = parser.parse_args(argv)
    ports = use_development_environment()
    try:
        election = read_file(arguments.file)
        replay = Replay(os.environ["MVOTING_PUBLIC_URL"], election, arguments.method, arguments.seats or election.seats or 1)
        json.dump(replay.run(), sys.stdout, ensure_ascii=False, indent=2)
        print()
    except httpx.ConnectError:
        print(f"mVoting does not answer on port {ports.api}; start it with `make run` in another terminal", file=sys.stderr)
        return 1
    except (FormatError, OSError, Refused, TimeoutError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def say(text: str) -> None:
    """Tell how far it is."""
    print(text, file=sys.stderr, flush=True)
