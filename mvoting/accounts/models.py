"""Documents of the accounts domain. Identifiers stand only as keyed hashes, facts about residents only sealed."""

from mongoengine import (
    BinaryField,
    BooleanField,
    DateTimeField,
    Document,
    DynamicField,
    IntField,
    ListField,
    StringField,
)


class Person(Document):
    """One human being as far as the city can tell; the id survives erasure until no poll open then is left."""

    id = StringField(primary_key=True)
    state = StringField(required=True, choices=("active", "awaiting_guardian", "erased", "merged"))
    trust = StringField(required=True, choices=("member", "resident"))
    created_at = DateTimeField(required=True)
    consents = ListField(DynamicField())  # {"document", "version", "at"}
    guardian = DynamicField()  # {"person_id", "at"} once a guardian has consented
    awaiting_since = DateTimeField()  # the consent of a guardian
    facts_sealed = BinaryField()  # {"district", "birth_year", "gender", "tags"}, sealed, bound to the id
    facts_source = StringField(choices=("staff", "register", "identity_provider"))
    facts_confirmed_at = DateTimeField()
    facts_keys = ListField(StringField())  # keyed hash per fact, for audience queries
    merged_into = StringField()
    used_on = DateTimeField()  # the day on which the account was last used
    changes = IntField()  # counted up by what must see each other: signing in, identifiers, joining, erasing
    erased_at = DateTimeField()

    meta = {
        "collection": "persons",
        "auto_create_index": False,
        "indexes": [
            {"fields": ["facts_keys", "state"], "sparse": True},
            {"fields": ["erased_at"], "sparse": True},
            {"fields": ["used_on"], "sparse": True},
            {"fields": ["awaiting_since"], "sparse": True},
            {"fields": ["merged_into"], "sparse": True},
        ],
    }


class Identifier(Document):
    """A phone number, national identity or social sign-in; the id is its keyed hash, so each opens one door only.

    States: `active` opens its person's door; `released` was given up (the number was changed); `erased` belonged to an
    account that was erased. The last two are the tombstones: kept until every poll open at `left_at` has closed.
    """

    id = StringField(primary_key=True)
    kind = StringField(required=True, choices=("phone", "national", "document", "social"))
    provider = StringField()
    person_id = StringField(required=True)
    state = StringField(required=True, choices=("active", "released", "erased"))
    label_sealed = BinaryField()  # what the person is shown, as 010-****-5678
    verified_at = DateTimeField(required=True)
    left_at = DateTimeField()

    meta = {
        "collection": "identifiers",
        "auto_create_index": False,
        "indexes": ["person_id", {"fields": ["left_at"], "sparse": True}],
    }


class Session(Document):
    """One device signed in; a family of refresh tokens."""

    id = StringField(primary_key=True)
    person_id = StringField(required=True)
    kind = StringField(required=True, choices=("device", "counter"))
    method = StringField(required=True)
    device_key = StringField(required=True)
    device_name = StringField()
    platform = StringField()
    salt = BinaryField(required=True)
    generation = IntField(required=True)
    created_at = DateTimeField(required=True)
    rotated_at = DateTimeField(required=True)
    expires_at = DateTimeField(required=True)
    ended_at = DateTimeField()
    ended_because = StringField()
    purge_at = DateTimeField(required=True)

    meta = {
        "collection": "sessions",
        "auto_create_index": False,
        "indexes": [
            ("person_id", "ended_at", "id"),
            {"fields": ["ended_at"], "sparse": True},
            {"fields": ["device_key"], "partialFilterExpression": {"kind": "counter"}},
            {"fields": ["ended_because", "ended_at"], "partialFilterExpression": {"ended_because": "replay"}},
            {"fields": ["purge_at"], "expireAfterSeconds": 0},
        ],
    }


class RevokedSession(Document):
    """A session whose access tokens must not be honoured although they have not expired."""

    id = StringField(primary_key=True)
    until = DateTimeField(required=True)

    meta = {
        "collection": "revoked_sessions",
        "auto_create_index": False,
        "indexes": [{"fields": ["until"], "expireAfterSeconds": 0}],
    }


class Merger(Document):
    """Two persons who turned out to be one; `due` names who has yet to put right what both did."""

    id = StringField(primary_key=True)
    kept = StringField(required=True)
    dropped = StringField(required=True)
    due = ListField(StringField())
    at = DateTimeField(required=True)

    meta = {"collection": "mergers", "auto_create_index": False, "indexes": [("due", "at"), "at"]}


class Erasure(Document):
    """A person who was erased; `open` until every package has removed what it knew."""

    id = StringField(primary_key=True)
    state = StringField(required=True, choices=("open", "done"))
    at = DateTimeField(required=True)
    was_unused = BooleanField()  # nobody asked for it: what was published stays

    meta = {"collection": "erasures", "auto_create_index": False, "indexes": [("state", "at")]}


class PersonalExport(Document):
    """A person's archive: `waiting` until a worker has put it together."""

    id = StringField(primary_key=True)
    person_id = StringField(required=True)
    state = StringField(required=True, choices=("waiting", "ready"))
    done_count = IntField(required=True)
    total_count = IntField(required=True)
    link_key = StringField(required=True)
    archive_sealed = BinaryField()
    expires_at = DateTimeField(required=True)

    meta = {
        "collection": "personal_exports",
        "auto_create_index": False,
        "indexes": [{"fields": ["person_id"], "unique": True}, "state", {"fields": ["expires_at"], "expireAfterSeconds": 0}],
    }


class PollHorizon(Document):
    """One document, written by the voting sweep: every poll still to be counted opened at or after `at`."""

    id = StringField(primary_key=True)
    at = DateTimeField(required=True)
    meta = {"collection": "poll_horizon", "auto_create_index": False}


class RegisterEntry(Document):
    """What the city's register says of the holder of a number; the id is the number's identifier key."""

    id = StringField(primary_key=True)
    facts_sealed = BinaryField()
    changed_hands_at = DateTimeField()  # from then on it confirms nobody
    until = DateTimeField(required=True)

    meta = {
        "collection": "register_entries",
        "auto_create_index": False,
        "indexes": [{"fields": ["until"], "expireAfterSeconds": 0}],
    }


class RegisterImport(Document):
    """An uploaded register: `waiting` with its sealed table until it has been read."""

    id = StringField(primary_key=True)
    state = StringField(required=True, choices=("waiting", "done"))
    table_sealed = BinaryField()
    done_count = IntField(required=True)
    total_count = IntField(required=True)
    rejected = ListField(DynamicField())  # {"line", "why"}
    rejected_count = IntField(required=True)
    at = DateTimeField(required=True)

    meta = {"collection": "register_imports", "auto_create_index": False, "indexes": [("state", "at")]}


class SignInCode(Document):
    """A one-time code; the id is the keyed hash of what it was sent to or made for."""

    id = StringField(primary_key=True)
    code_key = StringField(required=True)
    tries = IntField(required=True)
    expires_at = DateTimeField(required=True)
    about = DynamicField()

    meta = {
        "collection": "sign_in_codes",
        "auto_create_index": False,
        "indexes": [{"fields": ["expires_at"], "expireAfterSeconds": 0}],
    }


class Staff(Document):
    """A staff member; never the same account as a citizen."""

    id = StringField(primary_key=True)
    email = StringField(required=True)
    name = StringField(required=True)
    roles = ListField(StringField(), required=True)
    state = StringField(required=True, choices=("active", "suspended"))
    password_hash = StringField(required=True)
    totp_sealed = BinaryField()
    totp_step = IntField()  # the last time step used, so that no code works twice
    passkeys = ListField(DynamicField())  # {"id", "credential", "public_key", "sign_count", "name", "added_at", "used_at"}
    recovery_keys = ListField(StringField())
    created_at = DateTimeField(required=True)
    suspended_at = DateTimeField()

    meta = {
        "collection": "staff",
        "auto_create_index": False,
        "indexes": [{"fields": ["email"], "unique": True}, "passkeys.credential"],
    }


class Invitation(Document):
    """An invitation to become staff; the id is the keyed hash of what the link carries."""

    id = StringField(primary_key=True)
    email = StringField(required=True)
    name = StringField(required=True)
    roles = ListField(StringField(), required=True)
    staff_id = StringField()  # of a member who has to set up both factors again
    totp_sealed = BinaryField(required=True)
    invited_by = StringField(required=True)
    expires_at = DateTimeField(required=True)

    meta = {
        "collection": "staff_invitations",
        "auto_create_index": False,
        "indexes": [{"fields": ["expires_at"], "expireAfterSeconds": 0}],
    }


class RightsRequest(Document):
    """Roles for alerts that one administrator asks for and another must agree to."""

    id = StringField(primary_key=True)
    staff_id = StringField(required=True)
    roles = ListField(StringField(), required=True)
    had_roles = ListField(StringField())  # when it was asked; agreed to while these are still the colleague's
    asked_by = StringField(required=True)
    reason = StringField(required=True)
    expires_at = DateTimeField(required=True)

    meta = {
        "collection": "rights_requests",
        "auto_create_index": False,
        "indexes": [{"fields": ["expires_at"], "expireAfterSeconds": 0}],
    }


class StaffSession(Document):
    """A signed-in staff member; the id is the hash of the token, which is kept nowhere."""

    id = StringField(primary_key=True)
    staff_id = StringField(required=True)
    stage = StringField(required=True, choices=("password", "full"))
    device = StringField()
    tries = IntField(required=True)
    challenge = BinaryField()  # of a passkey being added or used
    challenge_until = DateTimeField()
    totp_waiting_sealed = BinaryField()  # secret of an authenticator that has yet to show a code
    totp_waiting_until = DateTimeField()
    created_at = DateTimeField(required=True)
    seen_at = DateTimeField(required=True)
    expires_at = DateTimeField(required=True)

    meta = {
        "collection": "staff_sessions",
        "auto_create_index": False,
        "indexes": ["staff_id", {"fields": ["expires_at"], "expireAfterSeconds": 0}],
    }


class Throttle(Document):
    """Failed tries under one key; in MongoDB, because a wiped Redis must not open the door."""

    id = StringField(primary_key=True)
    failures = IntField(required=True)
    blocked_until = DateTimeField()
    expires_at = DateTimeField(required=True)

    meta = {
        "collection": "throttles",
        "auto_create_index": False,
        "indexes": [{"fields": ["expires_at"], "expireAfterSeconds": 0}],
    }


DOCUMENTS = [
    Person,
    Identifier,
    Session,
    RevokedSession,
    Merger,
    Erasure,
    PersonalExport,
    PollHorizon,
    RegisterEntry,
    RegisterImport,
    SignInCode,
    Staff,
    Invitation,
    RightsRequest,
    StaffSession,
    Throttle,
]
