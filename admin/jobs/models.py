"""Jobs of staff and the files they make."""

from mongoengine import BinaryField, DateTimeField, DictField, Document, IntField, ListField, StringField

STATES = ("waiting", "running", "done", "failed", "cancelled")


class Job(Document):
    """Work that a staff member asked for. `attempt` is the fencing number: a worker that was given up writes nothing more.

    A job with `follows` is done elsewhere (the reading of a register); its progress is asked of whoever does it.
    """

    id = StringField(primary_key=True)
    kind = StringField(required=True)
    owner = StringField(required=True)
    roles = ListField(StringField(), required=True)  # one of them is still needed when it runs and when its file is fetched
    arguments = DictField()
    follows = StringField()
    language = StringField(required=True)
    state = StringField(required=True, choices=STATES)
    done_count = IntField(required=True)
    total_count = IntField()
    outcome = DictField()
    problem = StringField()  # why it failed, in the owner's language
    attempt = IntField(required=True)
    lease_until = DateTimeField()
    created_at = DateTimeField(required=True)
    finished_at = DateTimeField()
    purge_at = DateTimeField(required=True)
    meta = {
        "collection": "staff_jobs",
        "auto_create_index": False,
        "indexes": [
            ("owner", "-id"),
            ("owner", "state"),
            ("state", "lease_until", "id"),
            {"fields": ["purge_at"], "expireAfterSeconds": 0},
        ],
    }


class JobPiece(Document):
    """A piece of a job's file, sealed; the id is `job:attempt:number`. What came with the job lies under attempt 0."""

    id = StringField(primary_key=True)
    job = StringField(required=True)
    attempt = IntField(required=True)
    number = IntField(required=True)
    sealed = BinaryField(required=True)
    purge_at = DateTimeField(required=True)
    meta = {
        "collection": "staff_job_pieces",
        "auto_create_index": False,
        "indexes": [("job", "attempt", "number"), {"fields": ["purge_at"], "expireAfterSeconds": 0}],
    }
