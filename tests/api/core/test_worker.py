"""A message for one queue reaches that queue only: a bulk campaign must not land in front of an alert."""

from mvoting.core.hints import QUEUES
from mvoting.worker import create_worker


def test_each_queue_has_its_own_routing_key(environment):
    queues = {queue.name: queue.routing_key for queue in create_worker().conf.task_queues}
    assert queues == {name: name for name in QUEUES}


def test_each_beat_entry_names_a_known_task_and_queue(environment):
    app = create_worker()
    app.loader.import_default_modules()
    for entry in app.conf.beat_schedule.values():
        assert entry["task"] in app.tasks
        assert entry["options"]["queue"] in QUEUES
