"""Who sees what, when: phase × audience × role, and every surface before closing."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from mvoting.core.clock import now
from mvoting.core.ids import random_id
from mvoting.voting.board import sequencer
from mvoting.voting.polls import admissions, rolls, rules, services
from mvoting.voting.polls.rules import PollFacts

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PHASES = {
    # phase: (state, opens in, closes in)
    "draft": ("draft", -60, 60),
    "scheduled": ("scheduled", 60, 120),
    "open": ("open", -60, 60),
    "open, not recorded": ("scheduled", -60, 60),
    "over, not recorded": ("open", -60, -10),
    "closed": ("closed", -60, -10),
    "tallied": ("tallied", -60, -10),
    "published": ("published", -60, -10),
    "cancelled": ("cancelled", -60, 60),
}


def facts(phase, figures="live", secrecy="open"):
    state, opens, closes = PHASES[phase]
    at = NOON
    definition = {"figures": figures, "secrecy": secrecy, "audience": {"kind": "everyone"}, "changeable": True}
    return PollFacts("p", state, definition, "h", at + timedelta(seconds=opens), at + timedelta(seconds=closes), b"salt")


@pytest.mark.parametrize(
    ("phase", "figures", "has_voted", "secrecy", "seen"),
    [
        (phase, figures, has_voted, secrecy, "result" if phase == "published" else _totals)
        for phase, figures, has_voted, secrecy in itertools.product(PHASES, rules.FIGURES, (False, True), ("open", "sealed"))
        for _totals in [
            "totals"
            if secrecy == "open"
            and phase in ("open", "open, not recorded", "over, not recorded", "closed", "tallied")
            and (figures == "live" or (figures == "after_vote" and has_voted))
            else "none"
        ]
    ],
)
def test_the_one_function_about_figures(phase, figures, has_voted, secrecy, seen):
    assert rules.visible_figures(facts(phase, figures, secrecy), has_voted=has_voted, now=NOON) == seen


# Phase → what each role gets: see the poll, cast, change the vote, move the poll's end, cancel it. Codes are HTTP statuses.
ROLES = ("nobody", "outsider", "voter", "officer", "moderator")
SEE = {"draft": 404}
CAST = {
    "scheduled": 409,
    "over, not recorded": 409,
    "closed": 409,
    "tallied": 409,
    "published": 409,
    "cancelled": 409,
    "draft": 404,
}
MOVABLE = ("scheduled", "open", "open, not recorded")
CANCELLABLE = ("draft", "scheduled", "open", "open, not recorded", "over, not recorded")


AUDIENCES = {
    "everyone": {"kind": "everyone"},
    "profile": {"kind": "profile", "districts": ["11440"]},
    "list": {"kind": "list"},
    "on site": {"kind": "on_site", "by": "code"},
    "room": {"kind": "room"},
}
FINAL = ("profile", "on site")
"""Audiences whose polls of this test take no change of a vote."""


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("audience", AUDIENCES)
def test_phase_by_audience_by_role(client, make_poll, ballot_body, person_headers, staff_headers, db, audience, phase):
    state, opens, closes = PHASES[phase]
    voter = random_id()
    heads = {
        "nobody": None,
        "outsider": person_headers(trust="resident", district="11680"),
        "voter": person_headers(voter, trust="resident", district="11440"),
        "officer": staff_headers("poll_officer"),
        "moderator": staff_headers("moderator"),
    }
    for role in ROLES:
        poll = make_poll(
            opens_in=opens,
            closes_in=closes,
            state=state,
            audience=AUDIENCES[audience],
            figures="after_closing",
            room_password="비밀번호",
            changeable=audience not in FINAL,
        )
        services.forget_facts()
        if audience == "list":
            entry = {"_id": f"{poll[0]}:{rolls._member_key(voter)}", "poll": poll[0], "upload": "u", "row": 1}
            db.poll_rolls.insert_one(entry)
        elif audience == "on site":
            admissions._admit(poll[0], voter, now() + timedelta(minutes=15))
        address, headers = f"/v1/polls/{poll[0]}", heads[role]
        if audience == "room" and role == "voter" and phase != "draft":
            number = services.poll_document(poll[0])["room"]["number"]
            assert client.post(f"/v1/rooms/{number}/admission", json={"password": "비밀번호"}, headers=headers).status_code == 200
        inside = audience != "room" or role == "voter"
        assert client.get(address, headers=headers).status_code == (SEE.get(phase, 200) if inside else 404), role
        cast = client.put(f"{address}/ballot", json=ballot_body(poll), headers=headers).status_code
        if role in ("nobody", "officer", "moderator"):
            assert cast == 401, role
        elif role == "outsider" and audience != "everyone" and phase not in ("draft", "cancelled"):
            assert cast == 403
        else:
            assert cast == CAST.get(phase, 200), role
            changed = client.put(f"{address}/ballot", json=ballot_body(poll, "o2", revision=1), headers=headers).status_code
            assert changed == (409 if cast == 200 and audience in FINAL else cast), role
        later = {"closes_at": (now() + timedelta(days=2)).isoformat(), "reason": "사유"}
        moved = client.put(f"{address}/closing", json=later, headers=headers).status_code
        cancelled = client.post(f"{address}/cancel", json={"reason": "사유"}, headers=headers).status_code
        if role == "officer":
            assert (moved, cancelled) == (200 if phase in MOVABLE else 409, 200 if phase in CANCELLABLE else 409)
        else:
            expected = 403 if role == "moderator" else 401
            assert (moved, cancelled) == (expected, expected), role


MARK = 137
"""So many votes for one option that the number betrays itself wherever it shows."""


@pytest.fixture
def marked_poll(make_poll, db):
    """An open poll whose board holds live totals, as one with live figures would; its own rule hides them."""

    def make(figures, **changes):
        poll = make_poll(figures=figures, **changes)
        sequencer.sequence(poll[0])
        totals = {"q1": {"o1": MARK, "o2": 3, "o3": 0, "blank": 0}}
        db.board_batches.update_one({"poll": poll[0]}, {"$set": {"totals": totals, "ballots": MARK + 3}})
        db.polls.update_one({"_id": poll[0]}, {"$set": {"result": {"questions": [], "ballots": MARK}}})
        return poll

    return make


def surfaces(app, poll_id):
    """Give every address that takes a poll, filled in, and every list; of all methods that read."""
    adapter = app.url_map.bind("127.0.0.1")
    for rule in app.url_map.iter_rules():
        if "GET" not in rule.methods or not rule.rule.startswith(("/v1", "/admin", "/app", "/polls")):
            continue
        names = set(rule.arguments)
        if names - {"poll_id", "number", "level", "index", "upload_id", "leaf"}:
            continue
        given = {"poll_id": poll_id, "number": 0, "level": 0, "index": 0, "upload_id": poll_id, "leaf": "0" * 64}
        if isinstance(rule._converters.get("number"), object) and "rooms" in rule.rule:
            given["number"] = "12345678"
        yield adapter.build(rule.endpoint, {name: given[name] for name in names}, method="GET")


def walk(app, client, poll, everybody):
    """Ask every surface as everybody; fails at the first figure. Returns: how many answers spoke of the poll at all."""
    seen = 0
    for headers in everybody:
        for address in {*surfaces(app, poll[0]), "/v1/polls?limit=100&state=open"}:
            text = client.get(address, headers=headers).get_data(as_text=True)
            seen += poll[0] in text
            if "<svg" not in text and "openapi" not in address:
                shown = [figure for figure in (f": {MARK}", f":{MARK}", f">{MARK}<", f'"{MARK}"') if figure in text]
                assert not shown, (address, text[:400])
    return seen


@pytest.fixture
def everybody(person_headers, staff_headers):
    return [None, person_headers(), *(staff_headers(role) for role in ("poll_officer", "moderator", "administrator", "auditor"))]


@pytest.mark.parametrize(
    ("figures", "state"),
    [("after_closing", "open"), ("after_vote", "open"), ("after_closing", "closed"), ("after_closing", "tallied")],
)
def test_no_surface_shows_a_figure_before_the_result_is_published(app, client, marked_poll, everybody, db, figures, state):
    poll = marked_poll(figures)
    db.polls.update_one({"_id": poll[0]}, {"$set": {"state": state}})
    services.forget_facts()
    assert walk(app, client, poll, everybody) > 10


def test_the_walk_finds_a_leak(app, client, marked_poll, everybody, monkeypatch):
    poll = marked_poll("after_closing")
    monkeypatch.setattr(rules, "result_visible", lambda facts: True)
    with pytest.raises(AssertionError, match=str(MARK)):
        walk(app, client, poll, everybody)


def test_live_figures_are_totals_and_after_vote_ones_need_a_vote(client, marked_poll, cast, ballot_body, person_headers):
    live, after_vote = marked_poll("live"), marked_poll("after_vote")
    assert client.get(f"/v1/polls/{live[0]}/figures").get_json()["totals"]["q1"]["o1"] == MARK
    voter, other = person_headers(), person_headers()
    assert cast(after_vote, ballot_body(after_vote), voter).status_code == 200
    assert client.get(f"/v1/polls/{after_vote[0]}/figures", headers=voter).get_json()["totals"]["q1"]["o1"] == MARK
    for headers in (other, None):
        assert client.get(f"/v1/polls/{after_vote[0]}/figures", headers=headers).get_json()["code"] == "voting.figures-hidden"
