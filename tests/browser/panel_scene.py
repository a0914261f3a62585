"""A small city for the panel's browser tests: reports, ideas, polls in several states, alerts, people."""

import json
from datetime import timedelta

from mvoting.accounts import staff, staff_sessions
from mvoting.accounts.guards import ROLES
from mvoting.core.clock import now
from mvoting.core.ids import new_id, random_id
from mvoting.voting.polls import services as polls
from mvoting.voting.tally.counting import count_contents
from notifications.alerts import services as alerts
from proposals.moderation import services as moderation

PASSWORD = "correct horse battery"
TEXTS = [
    ("놀이터에 그늘막을 설치해 주세요", "여름이면 미끄럼틀이 너무 뜨거워서\n아이들이 놀 수가 없습니다."),
    ("골목 가로등을 더 밝게", "집에 가는 길이 어두워 무섭습니다.\n가로등을 더 촘촘히 놓아 주세요."),
    ("버스 정류장에 온열 의자를", "겨울에 어르신들이 오래 기다리십니다."),
    ("도서관을 밤 열 시까지", "퇴근하고 가면 이미 문이 닫혀 있습니다."),
]
STAGES = ["collecting", "reviewing", "working", "deciding", "executing", "done"]


def officer(*roles, name="김하늘"):
    """Make a staff member. Returns: the enrolment, whose secret makes codes."""
    address = f"{random_id()}@city.example"
    return address, staff.create(email=address, name=name, roles=list(roles or ROLES), password=PASSWORD)


def session_token(*roles, name="김하늘"):
    """Give the cookie of a staff member who is signed in."""
    return staff_sessions.begin(officer(*roles, name=name)[1].staff_id, stage="full")


def reported(db, place=0):
    """Store an idea that people reported."""
    title, body = TEXTS[place % len(TEXTS)]
    idea = idea_in(db, "collecting", title, body)
    for reason in list(moderation.Reason)[: 1 + place % 3]:
        moderation.report("idea", idea, random_id(), reason, "", now=now() - timedelta(hours=place + 1))
    return idea


def idea_in(db, state, title, body):
    """Store an idea in a stage of the Oasis pipeline."""
    idea, at = new_id(), now()
    promise = {"kind": "department_reply", "made_at": at - timedelta(days=20), "due_at": at - timedelta(days=2), "kept_at": None}
    document = {
        "_id": idea,
        "programme_id": "oasis",
        "pipeline": "oasis",
        "thresholds": [],
        "state": state,
        "visibility": "public",
        "author_id": random_id(),
        "title": title,
        "body": body,
        "district": "11440",
        "created_at": at,
        "published_at": at - timedelta(days=3),
        "endorsement_count": 42,
        "to_threshold": 8,
        "department": "푸른도시여가국",
        "promises": [promise | {"department": "푸른도시여가국"}] if state == "reviewing" else [],
        "answers": [],
        "milestones": [],
        "timeline": [{"event": "submit", "to": "collecting", "at": at - timedelta(days=3)}],
        "version": 1,
    }
    if state == "reviewing":
        document["next_due_at"] = promise["due_at"]
    db.ideas.insert_one(document)
    return idea


def poll_content(method="plurality"):
    """Give a poll's definition."""
    names = [("강변 노선", "Riverside"), ("도심 노선", "Centre"), ("공항 노선", "Airport")]
    return {
        "title": {"ko": "야간버스, 어느 노선부터 늘릴까요?", "en": "Night buses: which line first?"},
        "description": {
            "ko": "겨울철 심야 시간에 늘릴 노선을 고릅니다.",
            "en": "Choose the line that gets more buses this winter.",
        },
        "by": "city",
        "secrecy": "open",
        "figures": "after_closing",
        "changeable": True,
        "min_turnout": 0,
        "k": 20,
        "audience": {"kind": "everyone", "trust": "member"},
        "questions": [
            {
                "id": "q1",
                "title": {"ko": "가장 필요한 노선", "en": "The line most needed"},
                "method": method,
                "seats": 1,
                "blank": True,
                "shuffled": False,
                "options": [{"id": f"o{n}", "title": {"ko": ko, "en": en}} for n, (ko, en) in enumerate(names, 1)],
            }
        ],
    }


def draft(staff_id="staff"):
    """Store a draft poll."""
    at = now()
    by = {"kind": "staff", "id": staff_id}
    return polls.create_poll(poll_content(), at + timedelta(hours=2), at + timedelta(days=3), by, now=at)["_id"]


def published(db):
    """Store a poll with a counted and published result."""
    poll = draft()
    definition = db.polls.find_one({"_id": poll})["definition"]
    definition["questions"][0]["method"] = "irv"
    ballots = [[["o1"], ["o2"]]] * 340 + [[["o2"], ["o3"]]] * 310 + [[["o3"], ["o2"]]] * 120
    result = count_contents(definition, [json.dumps({"q1": ballot}).encode() for ballot in ballots], seed=b"0" * 32)
    changes = {"definition": definition, "state": "published", "result": {**result, "min_turnout": 0, "is_valid": True}}
    db.polls.update_one({"_id": poll}, {"$set": changes})
    return poll


def words():
    """Give an alert as an author enters it."""
    return {
        "alert_class": "severe",
        "hazard": "flood",
        "wording": {
            "ko": {
                "issuer": "서울특별시",
                "where": "마포구 홍제천",
                "what": "물이 빠르게 불어나고 있습니다",
                "action": "하천에서 나와 높은 곳으로 대피하세요",
            },
            "en": {
                "issuer": "Seoul",
                "where": "Hongje stream, Mapo-gu",
                "what": "the water is rising fast",
                "action": "Leave the stream and go to high ground",
            },
        },
        "area": {"districts": ["11440", "11410"], "polygons": [], "circles": []},
        "expires_at": now() + timedelta(hours=3),
        "is_exercise": False,
    }


def submitted(author_id):
    """Store an alert that waits for its approval."""
    alert = alerts.create_draft(words(), by=author_id, now=now())
    return alerts.submit(alert["_id"], alert["version"], repeats_seen=[], by=author_id, now=now())["_id"]


def clear(db):
    """Empty what the scene fills."""
    for name in (
        "ideas",
        "moderation_cases",
        "moderation_reports",
        "polls",
        "alerts",
        "debates",
        "campaigns",
        "campaign_batches",
    ):
        db[name].delete_many({})


def city(db):
    """Fill the city. Returns: names of the screens with their addresses."""
    clear(db)
    cases = [reported(db, place) for place in range(6)]
    ideas = {stage: idea_in(db, stage, *TEXTS[n % len(TEXTS)]) for n, stage in enumerate(STAGES)}
    first, done = draft(), published(db)
    polls.schedule_poll(draft(), now=now(), staff_id="test")
    author = officer("alert_author", name="문태오")[1].staff_id
    alert = submitted(author)
    at = now()
    debate = new_id()
    db.debates.insert_one(
        {
            "_id": debate,
            "title": "심야버스를 늘려야 할까요?",
            "body": "심야버스를 늘리자는 의견과 예산을 아끼자는 의견이 있습니다.",
            "visibility": "public",
            "opens_at": at - timedelta(days=9),
            "closes_at": at - timedelta(days=1),
            "created_at": at - timedelta(days=9),
            "comment_count": 128,
            "sides": "sides",
            "version": 1,
        }
    )
    person = random_id()
    db.persons.insert_one({"_id": person, "state": "active", "trust": "member", "created_at": at})
    return {
        "today": "/admin",
        "moderation": "/admin/moderation",
        "case": f"/admin/moderation/idea/{cases[0]}",
        "ideas": "/admin/ideas",
        "ideas-list": "/admin/ideas/list",
        "idea": f"/admin/ideas/{ideas['reviewing']}",
        "debates": "/admin/debates",
        "debate": f"/admin/debates/{debate}",
        "polls": "/admin/polls",
        "poll-compose": f"/admin/polls/{first}/edit",
        "poll": f"/admin/polls/{first}",
        "poll-result": f"/admin/polls/{done}",
        "alerts": "/admin/alerts",
        "alert-compose": "/admin/alerts/new",
        "alert": f"/admin/alerts/{alert}",
        "campaigns": "/admin/campaigns",
        "people": "/admin/people",
        "person": f"/admin/people/{person}",
        "staff": "/admin/staff",
        "audit": "/admin/audit",
        "reports": "/admin/reports",
        "settings": "/admin/settings",
        "system": "/admin/system",
        "account": "/admin/me",
    }
