"""A small city for the panel's browser tests: reports, ideas, polls in several states, alerts, people."""

import secrets
from datetime import timedelta

from admin import figures as panel_figures
from admin.jobs import services as jobs
from mvoting.accounts import registers, residents, staff, staff_sessions
from mvoting.accounts.guards import ROLES, Person
from mvoting.core import figures
from mvoting.core.clock import now
from mvoting.core.districts import DISTRICTS
from mvoting.core.ids import new_id, random_id
from mvoting.voting.ballots import services as ballots
from mvoting.voting.ballots.schemas import Cast
from mvoting.voting.board import sequencer
from mvoting.voting.polls import rolls, templates, turnout
from mvoting.voting.polls import services as polls
from mvoting.voting.sealing import trustees
from mvoting.voting.tally import services as tally
from notifications.alerts import services as alerts
from notifications.devices import services as devices
from notifications.duty import services as duty
from notifications.feeds import services as feeds
from notifications.feeds.schemas import SourceIn
from notifications.listings import services as listings
from notifications.sensors import services as sensors
from proposals import participation
from proposals.debates import services as debates
from proposals.moderation import figures as moderation_figures
from proposals.moderation import services as moderation
from tests.browser.panel_messages import messages

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


def times_of(db, poll, state, opened_hours_ago, closes_in_hours):
    """Put a stored poll into another time."""
    at = now()
    times = {"opens_at": at - timedelta(hours=opened_hours_ago), "closes_at": at + timedelta(hours=closes_in_hours)}
    ended = {"ended_at": times["closes_at"]} if state == "closed" else {}
    db.polls.update_one({"_id": poll}, {"$set": {"state": state, **times, **ended}})
    polls.forget_facts()


def running(db):
    """Store an open poll whose turnout grew over a day."""
    poll, start = draft(), now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=20)
    times_of(db, poll, "open", 20, 30)
    sequencer._finished_last(polls.poll_facts(poll))
    counts = [20, 64, 131, 240, 420, 688, 902, 1180, 1312, 1420]
    db.board_batches.update_one({"poll": poll}, {"$set": {"ballots": counts[-1]}})
    for place, count in enumerate(counts):
        hour = start + timedelta(hours=2 * place)
        db.poll_turnouts.insert_one({"_id": f"{poll}:{place}", "poll": poll, "hour": hour, "ballots": count})
    return poll


def sealed(db):
    """Store a sealed poll whose board is final and of which one share of two is in. Returns: it and its shares' texts."""
    poll = draft()
    ceremony, shares = trustees.deal(poll, 2, 3)
    sealing = {**ceremony.document(), "padded_bytes": 512, "recount": "public"}
    polls.seal_draft(poll, sealing, staff_id="test")
    polls.schedule_poll(poll, now=now(), staff_id="test")
    times_of(db, poll, "closed", 3, -1)
    sequencer.sequence(poll)
    return poll, [trustees.share_text(share) for share in shares]


VOTES = [([["o1"], ["o2"]], 27), ([["o2"], ["o3"]], 22), ([["o3"], ["o2"]], 12)]


def told_entry(db):
    """Give the latest entry of the audit log about an alert that another entry told of before."""
    entries = db.audit_entries.find({"action": "alerts.submit"}, {"_id": 1}).sort("_id", -1).limit(1)
    return next(iter(entries))["_id"]


def published(db):
    """Store a poll in which people voted, and let it be closed, counted and published."""
    at, by = now(), {"kind": "staff", "id": "test"}
    poll = polls.create_poll(poll_content("irv"), at + timedelta(hours=2), at + timedelta(days=3), by, now=at)
    polls.schedule_poll(poll["_id"], now=at, staff_id="test")
    times_of(db, poll["_id"], "open", 30, 1)
    for ranking, count in VOTES:
        for _ in range(count):
            marks = {"cast_id": secrets.token_hex(16), "nonce": secrets.token_hex(16)}
            cast = Cast(definition_hash=poll["definition_hash"], revision=0, choices={"q1": ranking}, **marks)
            ballots.cast_ballot(poll["_id"], cast, Person(random_id(), random_id(), "member", {}))
    times_of(db, poll["_id"], "closed", 30, -1)
    sequencer.sequence(poll["_id"])
    polls.forget_facts()
    tally.tally_poll(poll["_id"], now=now())
    return poll["_id"]


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
        "poll_templates",
        "alerts",
        "alert_listings",
        "duty_phones",
        "cap_sources",
        "cap_receipts",
        "sensor_rules",
        "sensor_gateways",
        "debates",
        "comments",
        "campaigns",
        "campaign_batches",
        "push_templates",
        "people_lists",
        "people_list_entries",
        "staff_jobs",
    ):
        db[name].delete_many({})


def ideas_and_debates(db):
    """Fill the screens of proposals. Returns: {name: address}."""
    stages = {stage: idea_in(db, stage, *TEXTS[n % len(TEXTS)]) for n, stage in enumerate(STAGES)}
    step = {"id": new_id(), "at": now(), "text": "설계를 마치고 공사를 시작했습니다.", "percent": 40, "photos": []}
    db.ideas.update_one({"_id": stages["executing"]}, {"$set": {"milestones": [step]}})
    content = {"title": "심야버스를 늘려야 할까요?", "sides": "sides", "closes_at": now() + timedelta(days=10)}
    content["body"] = "심야버스를 늘리자는 의견과 예산을 아끼자는 의견이 있습니다."
    debate = debates.open_debate(content, now=now(), staff_id="test")["_id"]
    for side, body in (("for", "늦게까지 일하는 사람에게 꼭 필요합니다."), ("against", "타는 사람이 적어 예산이 아깝습니다.")):
        opinion = debates.add_comment(debate, {"body": body, "side": side}, now=now(), author_id=random_id())
    official = {"staff_id": "test", "name": "교통실"}
    reply = {"body": "노선별 이용 인원을 다음 주에 공개하겠습니다.", "parent_id": opinion["_id"]}
    debates.add_comment(debate, reply, now=now(), official=official)
    debates.pin(debate, opinion["_id"], "test", is_pinned=True)
    other = idea_in(db, "collecting", "놀이터에 나무 그늘을", "여름이면 미끄럼틀이 뜨거워서\n아이들이 그네만 탑니다.")
    return {
        "ideas": "/admin/ideas",
        "ideas_list": "/admin/ideas/list",
        "idea": f"/admin/ideas/{stages['reviewing']}",
        "idea_merge": f"/admin/ideas/{stages['collecting']}/merge?with={other}",
        "idea-executing": f"/admin/ideas/{stages['executing']}",
        "debates": "/admin/debates",
        "debate": f"/admin/debates/{debate}",
    }


def polls_of_every_kind(db):
    """Fill the screens of polls. Returns: {name: address}."""
    first, by = draft(), {"kind": "staff", "id": "test"}
    polls.schedule_poll(draft(), now=now(), staff_id="test")
    template = templates.keep_template(first, "노선 설문", now=now(), staff_id="test")["_id"]
    at = now()
    venue = poll_content() | {"audience": {"kind": "on_site", "trust": "member", "by": "code"}}
    listed = poll_content() | {"audience": {"kind": "list", "trust": "member"}}
    span = at + timedelta(hours=2), at + timedelta(days=3)
    on_site, by_list = (polls.create_poll(each, *span, by, now=at)["_id"] for each in (venue, listed))
    upload = rolls.upload_roll(by_list, b"phone\n010-1234-5678\n=1+1\nabc\n", now=at, staff_id="test")["_id"]
    rolls.read_upload(upload)
    return {
        "polls": "/admin/polls",
        "poll_new": "/admin/polls/new",
        "poll_edit": f"/admin/polls/{first}/edit",
        "poll": f"/admin/polls/{first}",
        "poll-open": f"/admin/polls/{running(db)}",
        "poll-result": f"/admin/polls/{published(db)}",
        "poll_templates": "/admin/polls/templates",
        "poll_from_template": f"/admin/polls/templates/{template}",
        "poll_trustees": f"/admin/polls/{sealed(db)[0]}/trustees",
        "poll-list": f"/admin/polls/{by_list}",
        "poll_roll_report": f"/admin/polls/{by_list}/roll/{upload}",
        "poll_venue": f"/admin/polls/{on_site}/venue",
    }


def alerts_and_sources(staff_id):
    """Fill the screens of alerts. Returns: {name: address}."""
    author = officer("alert_author", name="문태오")[1].staff_id
    alert, unsent = submitted(author), alerts.create_draft(words(), by=author, now=now())["_id"]
    feed = {"url": "https://cap.kma.example/feed.atom", "feed_login": {"user": "seoul", "secret": random_id()}}
    about_it = {"name": "기상청", "sender": "kma@example.kr", **feed}
    source, _ = feeds.create_source(SourceIn().load(about_it), by="test", now=now())
    feeds.note_polled(source["_id"], etag=None, error="timeout", now=now())
    sensors.create_gateway("하천과 수위계", ["홍제천-연희교", "불광천-응암교"], by="test", now=now())
    limits = {"threshold": 3.5, "clear_at": 3.0, "is_above": True, "duration_s": 600, "gap_max_s": 900, "lasts_s": 10800}
    about = {"name": "홍제천 수위", "station": "홍제천-연희교", "kind": "water_level", "unit": "m", **limits}
    drafted = {name: words()[name] for name in ("alert_class", "hazard", "wording", "area")}
    rule = sensors.create_rule({**about, "alert": drafted}, by="test", now=now())
    phone = {"platform": "android", "language": "ko", "name": "상황실 당직 전화"}
    duty.register(staff_id, phone | {"address": {"kind": "token", "value": random_id()}}, now=now())
    facts = ("cap_source", source["_id"], source["revision"], ["severe"])
    listings.propose(*facts, reason="밤에는 당직이 한 명뿐입니다.", by=author, now=now())
    return {
        "alerts": "/admin/alerts",
        "alert_new": "/admin/alerts/new",
        "alert_edit": f"/admin/alerts/{unsent}/edit",
        "alert": f"/admin/alerts/{alert}",
        "alert_sources": "/admin/alerts/sources",
        "alert_source": f"/admin/alerts/sources/{source['_id']}",
        "alert_gateways": "/admin/alerts/gateways",
        "alert_rules": "/admin/alerts/rules",
        "alert_rule_new": "/admin/alerts/rules/new",
        "alert_rule": f"/admin/alerts/rules/{rule['_id']}",
        "alert_listings": "/admin/alerts/listings",
        "alert_duty": "/admin/alerts/duty",
    }


def figures_of_a_year():
    """Keep the reports' figures as a sweep would have counted them in a city of some size."""
    months = [f"{at:%Y-%m}" for at in (now() - timedelta(days=30 * ago) for ago in range(11, -1, -1))]
    bands = dict(zip(residents.BANDS, (610, 2400, 3100, 2900, 2200, 1500, 700), strict=False))
    groups = {code: {band: count + 37 * place for band, count in bands.items()} for place, code in enumerate(DISTRICTS)}
    taking = {code: {band: count // 40 for band, count in of.items()} for code, of in groups.items()}
    people = {month: 900 + 140 * place - 300 * (place % 4) for place, month in enumerate(months)}
    acts = {month: {"ideas": n // 9, "endorsements": 3 * n, "debaters": n // 5} for month, n in people.items()}
    decided = {"waiting": 0, "hidden": 31, "kept": 44, "median_hours": 5.5, "appeals": 4, "reversed": 1, "upheld": 3}
    values = {
        residents.FIGURE: groups,
        participation.FIGURE: {
            m: {"people": people[m], "acts": acts[m], "groups": taking, "is_over": m != months[-1]} for m in months
        },
        moderation_figures.FIGURE: {m: {"cases": 60 + n % 97, **decided, "appeals_waiting": 0} for m, n in people.items()},
        turnout.FIGURE: {
            month: {"polls": 2 + place % 3, "ballots": 4100 + 900 * (place % 5)} for place, month in enumerate(months)
        },
        panel_figures.REPLIES: [
            {
                "department": name,
                "promised": 41,
                "kept_in_time": 41 - late,
                "kept_late": late,
                "overdue": late // 4,
                "median_days": days,
            }
            for name, late, days in (
                ("교통실", 14, 26.5),
                ("푸른도시여가국", 6, 18.0),
                ("주택실", 9, 21.5),
                ("물순환안전국", 2, 9.0),
            )
        ],
    }
    for name, value in values.items():
        figures.keep(name, value, now=now())


def phones_of(db, person):
    """Register three phones of a person: one that gets pushes, one whose owner blocked them, one from which the app is gone."""
    for platform, permission in (("android", "granted"), ("ios", "denied"), ("web", "granted")):
        about = {"platform": platform, "language": "ko", "permission": permission, "name": "내 휴대폰", "districts": ["11440"]}
        address = {"address": {"kind": "token", "value": random_id()}}
        phone = devices.register_device(person, "member", about | address, session_id=random_id(), now=now())
        if platform == "web":
            db.devices.update_one({"_id": phone["_id"]}, {"$set": {"state": "dead"}})
    devices.reached(person, now=now() - timedelta(hours=3))


def office(db, staff_id):
    """Fill the office's screens. Returns: {name: address}."""
    figures_of_a_year()
    person = random_id()
    db.persons.insert_one({"_id": person, "state": "active", "trust": "member", "created_at": now()})
    phones_of(db, person)
    register = "phone,district,birth_year,gender\n010-1234-5678,11440,1990,female\nabc,11440,1990,female\n"
    read = registers.receive(register.encode(), staff_id=staff_id, reason="해마다 하는 확인")
    registers.read_import(read)
    job = jobs.start("export", {"table": "polls", "query": {}, "format": "csv"}, owner=staff_id, roles=["poll_officer"])
    jobs.carry_on()
    return {
        "people": "/admin/people",
        "person": f"/admin/people/{person}",
        "counter": "/admin/people/counter",
        "people_link": "/admin/people/link",
        "registers_list": "/admin/people/registers",
        "register_report": f"/admin/people/registers/{read}",
        "jobs_list": "/admin/jobs",
        "job": f"/admin/jobs/{job}",
        "staff": "/admin/staff",
        "audit_trail": "/admin/audit",
        "audit_entry": f"/admin/audit/{told_entry(db)}",
        "reports": "/admin/reports",
        "departments_list": "/admin/departments",
        "office_settings": "/admin/settings",
        "programme": "/admin/settings/programmes/oasis",
        "programme_new": "/admin/settings/programmes/new",
        "system": "/admin/system",
        "my_authenticator": "/admin/me/authenticator",
        "my_new_passkey": "/admin/me/passkeys/new",
        "my_account": "/admin/me",
    }


def city(db, staff_id):
    """Fill the city. Returns: {name of a screen: its address}; a name without a hyphen is the page's endpoint."""
    clear(db)
    cases = [reported(db, place) for place in range(6)]
    db.moderation_cases.update_many({}, {"$set": {"flood_id": new_id()}})
    flood = db.moderation_cases.find_one({})["flood_id"]
    return {
        "today": "/admin",
        "moderation_queue": "/admin/moderation",
        "moderation_case": f"/admin/moderation/idea/{cases[0]}",
        "moderation_flood": f"/admin/moderation/floods/{flood}",
        **ideas_and_debates(db),
        **polls_of_every_kind(db),
        **alerts_and_sources(staff_id),
        **messages(db, *(officer("poll_officer", name=name)[1].staff_id for name in ("박서준", "이도윤"))),
        **office(db, staff_id),
    }
