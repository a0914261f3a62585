"""What is forgotten by itself once its time has come, and what is not."""

import io
import zipfile
from datetime import timedelta

import pytest

from mvoting import parts, personal_data
from mvoting.accounts import exports, joining, leaving, persons, retention, services, sessions
from mvoting.accounts.consents import Consents
from mvoting.accounts.errors import PersonNotFound
from mvoting.core import clock
from mvoting.core.clock import now
from mvoting.core.ids import new_id
from notifications.campaigns import services as campaigns
from notifications.campaigns.audience import Audience
from notifications.devices.rules import EXPIRED_AFTER
from tests.people import entry, phone

A, B = "010-1111-1111", "010-2222-2222"


def test_a_child_nobody_consented_for_is_erased(enter, db):
    child, other = enter(phone(A), consents=Consents(terms=1, privacy=1, is_fourteen=False)), enter(phone(B))
    personal_data.forget_old()
    assert persons.person(child.person_id)["state"] == "awaiting_guardian"
    clock.shift(retention.GUARDIAN_WAIT + timedelta(minutes=1))
    personal_data.forget_old()
    assert persons.person(child.person_id)["state"] == "erased"
    assert persons.person(other.person_id)["state"] == "active"
    assert [erasure["_id"] for erasure in leaving.open_erasures()] == [child.person_id]


class TestUnused:
    """An account that nobody used for two years is forgotten; what it published stays, under an id that leads to nobody."""

    LATER = retention.UNUSED + timedelta(days=2)

    def publish(self, db, person_id):
        for name, state in (("said", "open"), ("draft", "draft")):
            db.ideas.insert_one({"_id": new_id(), "author_id": person_id, "title": name, "state": state, "visibility": "shown"})
        db.follows.insert_one({"_id": f"idea:{person_id}", "person_id": person_id})

    @pytest.fixture(autouse=True)
    def _no_ideas(self, db):
        for name in ("ideas", "follows", "preferences"):
            db[name].delete_many({})

    def forget(self):
        personal_data.forget_old()
        personal_data.carry_on()

    def test_everything_personal_goes_and_what_was_published_stays(self, enter, db):
        gone = enter(phone(A))
        services.confirm_residence(gone.person_id, {"district": "11440", "birth_year": 1980}, staff_id="s", reason="papers")
        self.publish(db, gone.person_id)
        persons.note_poll_horizon(clock.now())
        clock.shift(self.LATER)
        self.forget()
        assert set(persons.person(gone.person_id)) == {"_id", "state", "erased_at", "trust", "created_at"}
        assert db.identifiers.count_documents({"state": "active"}) == db.follows.count_documents({}) == 0
        assert [idea["title"] for idea in db.ideas.find()] == ["said"]
        clock.shift(self.LATER + timedelta(minutes=1))
        self.forget()
        persons.note_poll_horizon(clock.now())
        self.forget()
        assert db.persons.count_documents({}) == db.identifiers.count_documents({}) == db.erasures.count_documents({}) == 0

    def test_whoever_only_kept_the_app_open_is_not_forgotten(self, enter):
        mine = entry()
        me = services.sign_in(phone(A), mine, method="firebase")
        clock.shift(timedelta(days=50))
        sessions.refresh(me.refresh_token, mine.device.id)
        assert persons.person(me.person_id)["used_on"] == sessions.day(clock.now()), "kept by the day"
        clock.shift(retention.UNUSED + timedelta(days=40))
        personal_data.forget_old()
        assert persons.person(me.person_id)["state"] == "active"

    def test_one_day_short_of_it_nothing_happens(self, enter, db):
        me = enter(phone(A))
        clock.shift(retention.UNUSED - timedelta(days=1))
        self.forget()
        assert persons.person(me.person_id)["state"] == "active"

    def test_whoever_comes_back_at_that_moment_stays(self, enter):
        me = enter(phone(A))
        clock.shift(self.LATER)
        cutoff = clock.now() - retention.UNUSED
        assert leaving.unused(cutoff, limit=5) == [me.person_id]
        code, _ = services.approval_code(me.person_id)
        assert enter(phone(A), approval_code=code).person_id == me.person_id
        with pytest.raises(PersonNotFound):
            leaving.erase(me.person_id, unused_since=cutoff)
        assert persons.person(me.person_id)["state"] == "active"


class TestJoined:
    """What stood under the id of an account that was joined to another goes along with it."""

    def join(self, enter):
        kept, dropped = enter(phone(A)), enter(phone(B))
        joining.merge(kept.person_id, dropped.person_id, staff_id="s", reason="both are hers")
        return kept.person_id, dropped.person_id

    def test_its_archive_and_its_erasure_reach_both(self, enter, db):
        kept, dropped = self.join(enter)
        db.follows.delete_many({})
        db.follows.insert_one({"_id": "idea:old", "person_id": dropped})
        asked = exports.ask(kept)
        personal_data.carry_on()
        archive = zipfile.ZipFile(io.BytesIO(exports.fetch(asked["id"], asked["key"])))
        assert len(archive.namelist()) == 2 * len(parts.PERSONAL_DATA)
        assert "idea" in archive.read("joined-1/proposals.json").decode()
        leaving.erase(kept)
        clock.shift(timedelta(minutes=1))
        personal_data.carry_on()
        assert db.follows.count_documents({}) == 0

    def test_both_are_forgotten_once_the_polls_are_counted(self, enter, db):
        kept, _ = self.join(enter)
        for part in joining.PARTS:
            joining.close_merger(db.mergers.find_one()["_id"], part)
        leaving.erase(kept)
        clock.shift(timedelta(minutes=1))
        personal_data.carry_on()
        personal_data.forget_old()
        assert db.persons.count_documents({}) == 2, "a poll may be open"
        persons.note_poll_horizon(clock.now())
        personal_data.forget_old()
        assert db.persons.count_documents({}) == db.mergers.count_documents({}) == 0


def test_the_sign_in_of_staff_long_suspended_is_forgotten_and_the_name_stays(db):
    at = now()
    old, recent = at - retention.SUSPENDED_SECRETS - timedelta(days=1), at - timedelta(days=1)
    common = {"state": "suspended", "name": "Kim", "roles": [], "passkeys": [{"id": "k"}], "recovery_keys": ["r"]}
    rows = [{"_id": new_id(), "email": f"{n}@city.example", "suspended_at": when} for n, when in enumerate((old, recent))]
    db.staff.insert_many([{**common, "password_hash": "h", "totp_sealed": b"t", **row} for row in rows])
    personal_data.forget_old()
    gone, kept = (db.staff.find_one({"_id": row["_id"]}) for row in rows)
    assert (gone["name"], gone["password_hash"], gone["passkeys"], gone["recovery_keys"]) == ("Kim", "", [], [])
    assert kept["password_hash"] == "h"


def test_reports_of_registers_go_after_a_while(db):
    at = now()
    for age, state in ((100, "done"), (1, "done"), (100, "waiting")):
        db.register_imports.insert_one({"_id": new_id(), "state": state, "at": at - timedelta(days=age)})
    personal_data.forget_old()
    assert sorted(i["state"] for i in db.register_imports.find()) == ["done", "waiting"]


def test_phones_out_of_reach_and_names_in_old_messages_go(db):
    db.devices.delete_many({})
    db.campaigns.delete_many({})
    at = now()
    for age in (EXPIRED_AFTER + timedelta(days=1), timedelta(days=1)):
        row = {"_id": new_id(), "person_id": "p", "address": {"value": new_id()}, "refreshed_at": at - age}
        db.devices.insert_one(row)
    for age in (61, 1):
        begun = at - timedelta(days=age)
        message = {"ko": {"title": "t", "body": "b"}}
        campaigns.start_campaign(
            "reply", Audience(people=("p",)), message, campaign_id=f"c{age}", expires_at=at + timedelta(days=1), now=begun
        )
    personal_data.forget_old()
    assert db.devices.count_documents({}) == 1
    assert "'p'" not in str(db.campaigns.find_one({"_id": "c61"})["audience"])
    assert campaigns.list_campaigns(None, after=None, limit=5)[0][1]["audience"] == {"people_count": 1}
    assert db.campaigns.find_one({"_id": "c1"})["audience"]["people"] == ["p"]


def test_forgetting_reads_by_indexes(db):
    at = now()
    for name, condition in (
        ("devices", {"refreshed_at": {"$lt": at}}),
        ("campaigns", {"audience.people": {"$exists": True}, "starts_at": {"$lt": at}}),
        ("persons", {"state": "awaiting_guardian", "awaiting_since": {"$lt": at}}),
        ("persons", {**persons.IN_USE, "used_on": {"$lt": at}}),
        ("persons", {"merged_into": "p", "state": "merged"}),
        ("mergers", {"due": [], "at": {"$lt": at}}),
        ("mergers", {"due": "voting", "at": {"$lt": at}}),
        ("register_imports", {"state": "done", "at": {"$lt": at}}),
        ("sessions", {"ended_because": "replay", "ended_at": {"$gt": at}}),
    ):
        assert "COLLSCAN" not in str(db[name].find(condition).explain()["queryPlanner"]["winningPlan"]), name


def test_every_part_that_forgets_is_there_and_runs_in_beat():
    assert all(callable(parts.load(path)) for path in parts.RETENTION)
    assert "personal_data.forget_old" in {task for task, _, _ in parts.BEAT}


def test_pictures_nobody_used_go_and_an_erased_persons_with_the_account(db, client, enter):
    from PIL import Image

    from mvoting.core import storage
    from tests.people import headers

    db.pictures.delete_many({})
    me = enter(phone(A))
    for shade in (10, 200):
        picture = io.BytesIO()
        Image.new("RGB", (40, 40), (shade, 0, 0)).save(picture, "PNG")
        sent = {"file": (io.BytesIO(picture.getvalue()), "p.png")}
        stored = client.post("/v1/pictures", data=sent, headers=headers(me)).json["id"]
    storage.use_pictures([stored], me.person_id)
    assert len(storage.export_personal_data(me.person_id)["pictures"]) == 2
    clock.shift(storage.UNUSED_AFTER + timedelta(minutes=1))
    personal_data.forget_old()
    assert [p["_id"] for p in db.pictures.find({}, {"_id": 1})] == [stored]
    leaving.erase(me.person_id)
    personal_data.carry_on()
    assert db.pictures.count_documents({}) == 0
