"""More of the small city: things in states that only some screens have, for the walk over every form and for the pictures."""

from datetime import timedelta

from admin.jobs import services as jobs
from mvoting.accounts import staff_management
from mvoting.core.clock import now
from mvoting.core.ids import new_id, random_id
from mvoting.voting.board import sequencer, ties
from mvoting.voting.polls import services as polls
from mvoting.voting.sealing import trustees
from notifications.alerts import content
from notifications.alerts import services as alerts
from proposals.debates import services as debates
from proposals.ideas.services import departments, joining
from proposals.moderation import services as moderation
from tests.browser import panel_scene as scene


def more(db, staff_id):
    """Fill them in. Args: staff_id: who looks at the screens. Returns: {name: address}."""
    return {**_texts(db, staff_id), **_polls(db), **_alerts(db, staff_id), **_office(db, staff_id)}


def colleague(db, staff_id, name, *roles):
    """Store another staff member, in everything but these like one that is there. Returns: the id."""
    other = new_id()
    like = db.staff.find_one({"_id": staff_id})
    db.staff.insert_one({**like, "_id": other, "email": f"{other}@city.example", "name": name, "roles": list(roles)})
    return other


def _texts(db, staff_id):
    ideas = {state: scene.idea_in(db, state, *scene.TEXTS[0]) for state in ("collecting", "done")}
    other = scene.idea_in(db, "collecting", "놀이터마다 그늘막을", "한여름에도 아이들이 놀 수 있게 해 주세요.")
    joining.offer_addition(ideas["collecting"], random_id(), "모래 놀이터에는 수도도 함께 놓아 주세요.", now=now())
    joining.ask_merge(other, ideas["collecting"], {"kind": "staff", "id": staff_id}, now=now())
    db.idea_departments.delete_one({"_id": "푸른도시여가국"})
    departments.set_officers("푸른도시여가국", [], 0, staff_id, now=now())
    content = {"title": "따릉이 요금을 바꿀까요?", "sides": "sides", "closes_at": now() + timedelta(days=2)}
    content["body"] = "요금을 올려 자전거를 늘리자는 의견이 있습니다."
    closed = debates.open_debate(content, now=now(), staff_id=staff_id)["_id"]
    db.debates.update_one({"_id": closed}, {"$set": {"closes_at": now() - timedelta(hours=1)}})
    decided, appealed = (scene.reported(db, place) for place in (2, 3))
    for idea in (decided, appealed):
        moderation.decide(f"idea:{idea}", "hide", "광고로 보입니다.", random_id(), now=now())
    author = db.moderation_cases.find_one({"_id": f"idea:{appealed}"})["author_id"]
    moderation.appeal("idea", appealed, author, "광고가 아니라 우리 동네 가게 이야기입니다.", now=now())
    flood = [f"idea:{scene.reported(db, place)}" for place in range(2)]
    arguments = {"case_ids": flood, "action": "hide", "reason": "같은 글을 되풀이해 올렸습니다."}
    hidden = jobs.start("decide_cases", arguments, owner=staff_id, roles=["moderator"])
    jobs.carry_on()
    return {
        **{f"idea-{state}": f"/admin/ideas/{idea}" for state, idea in ideas.items()},
        "debate-closed": f"/admin/debates/{closed}",
        "moderation_case-decided": f"/admin/moderation/idea/{decided}",
        "moderation_case-appealed": f"/admin/moderation/idea/{appealed}",
        "moderation_queue-appeals": "/admin/moderation?view=appeals",
        "job-hidden": f"/admin/jobs/{hidden}",
    }


def _polls(db):
    waiting, shown = scene.draft(), scene.draft()
    citizen = {"created_by": {"kind": "person", "id": random_id()}}
    db.polls.update_one({"_id": waiting}, {"$set": {"review": "waiting", **citizen}})
    db.polls.update_one({"_id": shown}, {"$set": citizen})
    scene.times_of(db, shown, "open", 2, 20)
    return {
        "poll-review": f"/admin/polls/{waiting}",
        "poll-citizens": f"/admin/polls/{shown}",
        "poll_trustees-draft": f"/admin/polls/{scene.draft()}/trustees",
        "poll_trustees-contents": f"/admin/polls/{_recounted_by_trustees(db)}/trustees",
    }


def _recounted_by_trustees(db):
    """Store a sealed poll that its trustees open on their own computers, and that awaits the seed for ties."""
    poll = scene.draft()
    polls.commit_tie_seed(poll, ties.tie_commitment(b"s" * 16), staff_id="test")
    sealing = {**trustees.deal(poll, 2, 3)[0].document(), "padded_bytes": 512, "recount": "trustees"}
    polls.seal_draft(poll, sealing, staff_id="test")
    polls.schedule_poll(poll, now=now(), staff_id="test")
    scene.times_of(db, poll, "closed", 3, -1)
    sequencer.sequence(poll)
    return poll


def _alerts(db, staff_id):
    author = colleague(db, staff_id, "문태오", "alert_author")
    approver = colleague(db, staff_id, "배수빈", "alert_approver")
    alert = alerts.get_alert(scene.submitted(author))
    typed = content.confirmation(alert)["ko"]
    alerts.approve(alert["_id"], alert["version"], typed=typed, repeats_seen=[], by=approver, now=now())
    return {"alert-approved": f"/admin/alerts/{alert['_id']}"}


def _office(db, staff_id):
    second = colleague(db, staff_id, "신가람", "administrator")
    member = colleague(db, staff_id, "오하린", "moderator")
    staff_management.change_roles(member, ["moderator", "alert_author"], by=second, reason="야간 당직을 맡습니다.")
    invitation = {"email": f"{random_id()}@city.example", "name": "박서준", "roles": ["moderator"]}
    staff_management.invite(**invitation, by=second, reason="새로 온 직원")
    key = {"id": new_id(), "name": "책상 위 보안 키", "added_at": now(), "credential": b"k" * 16}
    db.staff.update_one({"_id": staff_id}, {"$set": {"passkeys": [key]}})
    waiting = jobs.start("verify_audit", {}, owner=staff_id, roles=["auditor"])
    return {"staff-requests": "/admin/staff", "my_account-passkey": "/admin/me", "job-waiting": f"/admin/jobs/{waiting}"}
