"""Several processes start at once and prepare the same collections."""

import threading

from mongoengine import Document, StringField

from mvoting.core.database import prepare


class Prepared(Document):
    id = StringField(primary_key=True)
    kind = StringField()
    meta = {"collection": "prepared_at_once", "auto_create_index": False, "indexes": ["kind"]}


def test_twenty_starts_at_once(db):
    for _ in range(5):
        db.prepared_at_once.drop()
        failures = []

        def start(failures=failures):
            try:
                prepare([Prepared])
            except Exception as error:
                failures.append(error)

        threads = [threading.Thread(target=start) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        assert "kind_1" in db.prepared_at_once.index_information()
    db.prepared_at_once.drop()
