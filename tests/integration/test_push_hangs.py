"""A sender that hangs without dying: another takes its batch over, and when it wakes it can neither write nor go on."""

import threading
from datetime import timedelta

import pytest

from mvoting.core import clock
from mvoting.core.clock import now
from notifications.campaigns import ledger, pipeline, sender, services
from notifications.campaigns.rules import lease
from notifications.channels import registry
from tests.integration.test_push_kills import add_devices, clean, start  # noqa: F401 - fixtures


class Hanging:
    """A throttle that grants the first permits and then hangs until `wake` is set."""

    def __init__(self):
        self.asked, self.hangs, self.wake = 0, threading.Event(), threading.Event()

    def take(self, count):
        self.asked += 1
        if self.asked == 2:
            self.hangs.set()
            assert self.wake.wait(60)
        return 0.0

    def slow_down(self, retry_after_s):
        raise AssertionError("the sandbox refuses nothing here")


@pytest.fixture
def hung(db, sandbox):
    """A sender that hangs in the middle of a batch, in a thread and on connections of its own."""
    add_devices(1000, "phone-")
    campaign, throttle = start(), Hanging()
    services.plan_campaign(campaign["_id"], now=now())
    gateway = registry.gateway.__wrapped__()
    hanging = threading.Thread(
        target=sender.send_batch, args=(f"{campaign['_id']}:000000",), kwargs={"gateway": gateway, "throttle": throttle}
    )
    hanging.start()
    assert throttle.hangs.wait(30)
    yield campaign, throttle, hanging
    throttle.wake.set()
    hanging.join(30)
    gateway.close()
    clock.shift(timedelta())


def test_a_hung_sender_is_overtaken_and_its_waking_changes_nothing(hung, db, sandbox):
    campaign, throttle, hanging = hung
    assert pipeline.send_due("default") == 0, "while its lease lasts the batch is its own"
    clock.shift(lease(15) + timedelta(seconds=1))
    assert pipeline.send_due("default") == 1
    done = services.get_campaign(campaign["_id"])
    assert (done["state"], done["totals"]) == ("done", {"sent": 1000})
    stored = db.campaign_batches.find_one({})
    before = sandbox.phones.deliveries(f"{campaign['_id']}:1").received
    throttle.wake.set()
    hanging.join(30)
    assert db.campaign_batches.find_one({}) == stored, "what it writes late is refused"
    assert services.get_campaign(campaign["_id"])["totals"] == {"sent": 1000}
    found = sandbox.phones.deliveries(f"{campaign['_id']}:1")
    assert len(found.targets) == 1000, "nobody is missed"
    assert found.received - before < 1000, "less than a batch twice"
    assert throttle.asked <= 4, "it stops at its next checkpoint, with permits left"


def test_a_campaign_cancelled_while_its_sender_hangs_stays_cancelled(hung, db, sandbox):
    campaign, throttle, hanging = hung
    services.cancel_campaign(campaign["_id"], "착오", now=now())
    throttle.wake.set()
    hanging.join(30)
    totals = ledger.totals(campaign["_id"])
    assert (services.get_campaign(campaign["_id"])["state"], sum(totals.values())) == ("cancelled", 1000)
    assert totals["cancelled"] > 0
    assert totals["sent"] == len(sandbox.phones.deliveries(f"{campaign['_id']}:1").targets), "what went out is in the books"
