"""The product's story over HTTP, step by step: told by `python -m mvoting demo`, driven by tests/integration/test_story.py.

Every step checks what it says; the first thing that is not so ends the story with `NotSo`.
"""

import secrets
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from mvoting.stack.clients import Caller, Citizen, Officer, PanelBrowser, Refused, ballot, in_words
from mvoting.stack.demo_city import GANGNAM, MAPO, NIGHT_BUS, invented_idea, invented_opinion

OPENS_AFTER = timedelta(seconds=3)
OPEN_FOR = timedelta(seconds=20)
USUAL_SIGN_IN_S, SLOWEST_PACE = 0.5, 6.0
PATIENCE_S = 150.0  # how long a step may take on a busy machine; usually seconds
PUSH_PATIENCE_S = 300.0  # around the full hour campaigns are spread over two minutes
SIMULTANEOUS_TRIES = 50
VOTES = {"o1": 5, "o2": 3}

DEBATE = {
    "title": "놀이터 그늘, 나무가 먼저일까요 그늘막이 먼저일까요?",
    "body": "예산은 한 해에 열 곳 정도입니다. 나무는 오래 걸리고, 그늘막은 해마다 손봐야 합니다.",
}
MODERATOR = "오지훈"
SPAM = {"title": "지금 전화하면 반값", "body": "선착순 백 명에게만 드립니다. ", "district": MAPO}
ALERT = {
    "class": "extreme",
    "hazard": "flood",
    "wording": {
        "ko": {
            "issuer": "서울특별시",
            "where": "마포구 홍제천",
            "what": "수위가 빠르게 오르고 있습니다",
            "action": "하천변에서 즉시 나와 높은 곳으로 대피하세요",
        },
        "en": {
            "issuer": "Seoul",
            "where": "Hongjecheon, Mapo-gu",
            "what": "The stream is rising fast",
            "action": "Leave the banks now and go to higher ground",
        },
    },
    "area": {"districts": [MAPO]},
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
        self.pace = 1.0
        self.idea_url = ""

    def steps(self) -> Iterator[tuple[str, Callable[[], None]]]:
        """Give the steps in their order, each with its heading."""
        yield "A citizen signs in and registers a phone", self.sign_in
        yield "She raises an idea; others endorse it, once each", self.raise_idea
        yield "They debate it", self.debate
        yield "A poll opens at its time, and the phones ring", self.open_poll
        yield "Citizens vote, once each", self.vote
        yield "The poll closes on time; its result is published and pushed", self.close_poll
        yield "A river rises: two people send an alert to one district", self.alert
        yield "A moderator hides what was reported, with a reason", self.moderate

    def sign_in(self) -> None:
        began = time.monotonic()
        minji = self._newcomer()
        # A busy machine tells the story more slowly: the poll's times keep pace with it.
        self.pace = min(max((time.monotonic() - began) / USUAL_SIGN_IN_S, 1.0), SLOWEST_PACE)
        self.tell(f"민지 signs in with {minji.phone}: one code, and a session with a short access token.")
        before = minji.grant["refresh_token"]
        minji.refresh()
        expect(minji.grant["refresh_token"] != before, "the refresh token rotates")
        keys = minji.call("GET", "/v1/.well-known/jwks.json")["keys"]
        expect(keys and keys[0]["kty"] == "RSA", "the public keys are published")
        self.tell("The refresh token rotates; the keys that verify access tokens are public.")
        self._refused("accounts.token-invalid", lambda: self._stranger("forged").call("GET", "/v1/me"))
        self.tell("A forged token opens nothing.")
        minji.register_phone(districts=[MAPO], name="민지의 휴대전화")
        for citizen, district, name in (
            (self._newcomer(), MAPO, "준호의 휴대전화"),
            (self._newcomer(), GANGNAM, "수아의 휴대전화"),
        ):
            citizen.register_phone(districts=[district], name=name)
        for citizen, name in zip(self.people, ("민지 (마포구)", "준호 (마포구)", "수아 (강남구)"), strict=True):
            self.sandbox.call("POST", "/control/phones", {"target": citizen.push_token, "name": name})
        self.tell("민지 and 준호 follow Mapo-gu, 수아 follows Gangnam-gu: three phones are registered.")

    def raise_idea(self) -> None:
        minji, junho, sua = self.people[:3]
        content = invented_idea()
        idea = minji.call("POST", "/v1/ideas", content)
        self.idea_url = f"/v1/ideas/{idea['id']}"
        self.tell(f"민지 raises “{content['title']}”.")
        for other in (junho, sua):
            expect(other.call("PUT", f"{self.idea_url}/endorsement")["is_new"], "an endorsement counts")
        again = junho.call("PUT", f"{self.idea_url}/endorsement")
        expect(not again["is_new"] and again["endorsement_count"] == 2, "a second endorsement of one person does not count")
        self.tell("준호 and 수아 endorse it; 준호 tries twice and counts once.")

    def debate(self) -> None:
        minji, junho, sua = self.people[:3]
        closes_at = in_words(datetime.now(UTC) + timedelta(days=7))
        topic = {"title": DEBATE["title"], "body": f"{DEBATE['body']} {invented_opinion()}", "closes_at": closes_at}
        debate = minji.call("POST", "/v1/debates", topic)
        comments = f"/v1/debates/{debate['id']}/comments"
        opinion = junho.call("POST", comments, {"body": invented_opinion(), "side": "for"})
        reply = sua.call("POST", comments, {"body": invented_opinion(), "parent_id": opinion["id"]})
        replies = minji.call("GET", f"{comments}/{opinion['id']}/replies")["items"]
        expect([found["id"] for found in replies] == [reply["id"]], "the reply stands under the opinion")
        self.tell(f"민지 opens “{DEBATE['title']}”; 준호 is for it, 수아 replies.")
        self._refused("proposals.side-needed", lambda: sua.call("POST", comments, {"body": invented_opinion()}))

    def open_poll(self) -> None:
        officer = self._officer("poll_officer")
        while len(self.people) < sum(VOTES.values()):
            self._newcomer()
        opens_at = datetime.now(UTC) + OPENS_AFTER * self.pace
        draft = {**NIGHT_BUS, "opens_at": in_words(opens_at), "closes_at": in_words(opens_at + OPEN_FOR * self.pace)}
        poll = officer.call("POST", "/v1/polls", draft, headers={"Idempotency-Key": secrets.token_hex(16)})
        self.poll = officer.call("POST", f"/v1/polls/{poll['id']}/schedule")
        self.tell(f"{NIGHT_BUS['title']['en']} ({NIGHT_BUS['title']['ko']}) is scheduled; it opens in a moment.")
        self._refused("voting.poll-not-open", lambda: self.people[0].cast(self.poll, {"q1": ["o1"]}))
        self._until(lambda: self._poll()["state"] == "open", "the poll opens at its time")
        self.tell("It opened, by its times alone.")
        for citizen in self.people[:3]:
            self._until(
                partial(self._pushes, citizen, "poll_opened"),
                "the phone gets the push that the poll opened",
                PUSH_PATIENCE_S,
            )
        self.tell("민지's, 준호's and 수아's phones rang.")

    def vote(self) -> None:
        minji, *others = self.people
        choices = [option for option, count in VOTES.items() for _ in range(count)]
        for citizen, option in zip(others, choices[1:], strict=True):
            expect(citizen.cast(self.poll, {"q1": [option]})["revision"] == 1, "the ballot is stored")
        self.tell(f"{len(others)} citizens voted.")
        accepted, refused = self._at_once(minji)
        expect(accepted == 1, f"one of {SIMULTANEOUS_TRIES} simultaneous ballots of one person counts, not {accepted}")
        expect(refused == {"voting.revision-conflict"}, f"the others are told why, not {refused}")
        self.tell(f"민지 sent {SIMULTANEOUS_TRIES} ballots at once: one counts, the others were told that she has voted.")
        expect(self._poll()["result"] is None, "no result is seen before closing")

    def close_poll(self) -> None:
        self._until(lambda: self._poll()["state"] not in ("open", "scheduled"), "the poll closes at its time")
        self._refused("voting.poll-closed", lambda: self._newcomer().cast(self.poll, {"q1": ["o1"]}))
        self.tell("It closed at its time; a ballot after that is refused.")
        self._until(lambda: self._poll()["result"], "the result is published")
        result = self.people[0].call("GET", f"/v1/polls/{self.poll['id']}/result")
        (question,) = result["questions"]
        expect(result["ballots"] == sum(VOTES.values()), f"every ballot is counted once: {result}")
        expect(question["winners"] == ["o1"], f"the option with most votes wins: {question}")
        self.tell(
            f"{result['ballots']} ballots were counted; the winner is “{NIGHT_BUS['questions'][0]['options'][0]['title']['en']}”."
        )
        self._until(lambda: self._pushes(self.people[0], "poll_result"), "the result is pushed", PUSH_PATIENCE_S)
        self.tell("The result reached 민지's phone.")

    def alert(self) -> None:
        author, approver = self._officer("alert_author"), self._officer("alert_approver")
        expires_at = in_words(datetime.now(UTC) + timedelta(hours=2))
        draft = author.call("POST", "/v1/alerts", {**ALERT, "expires_at": expires_at})
        url = f"/v1/alerts/{draft['id']}"
        draft = self._despite_repeats(author, url, "submit", draft["version"])
        self.tell("The duty officer drafts a flood alert for Mapo-gu and hands it over.")
        self._refused("core.forbidden", lambda: author.call("POST", f"{url}/approve", {"typed": "x"}))
        review = approver.call("GET", f"{url}/review")
        self.tell(f"The chief reads exactly what {review['audience_count']} phones will show: {review['text']['en']}")
        self._despite_repeats(approver, url, "approve", review["version"], typed=review["confirmation"]["en"])
        minji, junho, sua = self.people[:3]
        for citizen in (minji, junho):
            self._until(
                partial(self._pushes, citizen, "alert_extreme", draft["id"]),
                "a phone in the district gets the alert",
            )
        (message,) = self._pushes(minji, "alert_extreme", draft["id"])
        expect(message["android"]["priority"] == "high", "an alert has high priority")
        self._until(lambda: approver.call("GET", f"{url}/review")["state"] == "sent", "the alert is wholly sent")
        expect(not self._pushes(sua, "alert_extreme", draft["id"]), "nobody outside the district gets the alert")
        self.tell("민지's and 준호's phones got it with high priority; 수아's, in Gangnam-gu, did not.")

    def moderate(self) -> None:
        spammer = self.people[3]
        spam = spammer.call("POST", "/v1/ideas", {**SPAM, "body": SPAM["body"] + invented_opinion()})
        self.people[0].call("POST", "/v1/reports", {"target": {"kind": "idea", "id": spam["id"]}, "reason": "spam"})
        moderator = self._browser("moderator")
        case = f"/admin/moderation/idea/{spam['id']}"
        expect(case in moderator.open("/admin/moderation?kind=idea"), "the reported idea is in the queue")
        expect(SPAM["title"] in moderator.open(case), "the moderator reads what was reported")
        self.tell(f"민지 reports “{SPAM['title']}”; the moderator signs in to the panel and finds it in the queue.")
        reason = "광고입니다."
        moderator.send(f"{case}/decision", action="hide", reason=reason)
        self._refused("proposals.idea-hidden", lambda: self.people[0].call("GET", f"/v1/ideas/{spam['id']}"))
        mine = spammer.call("GET", "/v1/reports/about-me")["items"][0]
        expect(mine["decision"]["reason"] == reason, "the author reads why")
        trail = self._browser("administrator").open(f"/admin/audit?target=idea:{spam['id']}")
        expect(reason in trail and "moderation.hide" in trail, "the audit trail shows what was done and why")
        expect(MODERATOR in trail, "the audit trail shows who did it")
        self.tell(f"It is hidden, its author reads why, and the audit trail names {MODERATOR}.")

    def _browser(self, role: str) -> PanelBrowser:
        browser = PanelBrowser(self.api, self.officers[role])
        browser.sign_in()
        return browser

    def _despite_repeats(self, officer: Officer, url: str, act: str, version: int, **body: str) -> dict[str, Any]:
        """Act on an alert; when the city had a like one today, say that it was seen."""
        headers = {"If-Match": f'"{version}"'}
        try:
            acted: dict[str, Any] = officer.call("POST", f"{url}/{act}", body, headers=headers)
        except Refused as refusal:
            if refusal.code != "alerts.repeated":
                raise
            seen = [earlier["id"] for earlier in refusal.document["repeats"]]
            acted = officer.call("POST", f"{url}/{act}", {**body, "repeats_seen": seen}, headers=headers)
        return acted

    def _pushes(self, citizen: Citizen, kind: str, about: str | None = None) -> list[dict[str, Any]]:
        """Give the messages of a kind, about this story's poll or `about`, that a citizen's phone received."""
        received = self.sandbox.call("GET", "/control/messages", params={"target": citizen.push_token})["messages"]
        about = about or self.poll["id"]
        return [m for m in received if m["data"].get("kind") == kind and about in m["data"].values()]

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

    def _until(self, condition: Callable[[], object], what: str, patience_s: float = PATIENCE_S) -> None:
        deadline = time.monotonic() + patience_s
        while not condition():
            expect(time.monotonic() < deadline, what)
            time.sleep(0.2)
