"""How often the inbox asks the database, and how much it reads: a few times, as often for many messages as for one."""

from datetime import timedelta

import pytest

from mvoting.core.clock import now
from notifications.campaigns import services as campaigns
from notifications.campaigns.audience import Audience
from tests.api.notifications.test_inbox import clean, register, start  # noqa: F401 - fixtures

COLLECTIONS = ("devices", "preferences", "campaigns", "campaign_batches", "message_acks", "persons", "people_list_entries")
HERE = {
    "type": "Polygon",
    "coordinates": [[[126.97, 37.56], [126.99, 37.56], [126.99, 37.58], [126.97, 37.58], [126.97, 37.56]]],
}


@pytest.fixture
def asked(client, db):
    """Count the commands of one request, and the bytes that they bring."""

    def count(url, headers):
        assert client.get(url, headers=headers).status_code == 200  # so that caches are full
        db.command("profile", 0)
        db.drop_collection("system.profile")
        db.command("profile", 2)
        try:
            assert client.get(url, headers=headers).status_code == 200
        finally:
            db.command("profile", 0)
        # What a guard looks up now and then, when its cache is over, is not the inbox's.
        entries = [entry for entry in db["system.profile"].find() if entry["ns"].partition(".")[2] in COLLECTIONS]
        return len(entries), sum(entry.get("responseLength", 0) for entry in entries)

    return count


@pytest.fixture
def mine(client, person_headers):
    headers = person_headers("me")
    for _ in range(3):
        register(client, headers, ["11110"])
    return headers


@pytest.mark.parametrize(("url", "most"), [("/v1/inbox?limit=100", 4), ("/v1/inbox/unread", 4)])
def test_the_inbox_asks_a_few_times_however_long_it_is(asked, mine, url, most):
    start()
    short, _ = asked(url, mine)
    for n in range(60):
        start(starts_at=now() - timedelta(minutes=n))
    assert (short <= most, asked(url, mine)[0]) == (True, short), short


def test_alerts_by_shape_and_corrections_are_looked_up_together(asked, mine):
    for _ in range(2):
        seen = []
        for _ in range(5):
            original = start("alert_severe", Audience(shapes=(HERE,), shape_districts=("11110",)))
            campaigns.plan_campaign(original, now=now())
            seen.append(start("alert_severe", Audience(ledger_of=original), message_id=original, revision=2))
        assert asked("/v1/inbox?limit=100", mine)[0] <= 6
        assert asked("/v1/inbox/unread", mine)[0] <= 6


def test_who_has_no_phone_is_spared_looking_for_shapes_and_ledgers(asked, person_headers):
    start()
    for _ in range(5):
        start("alert_severe", Audience(ledger_of="gone"), message_id="x")
    assert asked("/v1/inbox?limit=100", person_headers("nobody"))[0] <= 4


def test_counting_the_unread_reads_no_texts(asked, mine):
    for _ in range(60):
        start()
    commands, read = asked("/v1/inbox/unread", mine)
    _, listed = asked("/v1/inbox?limit=100", mine)
    assert read < listed / 2, (commands, read, listed)
