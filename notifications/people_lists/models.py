"""Documents of people lists. Numbers are not kept: only which members they belong to."""

from mongoengine import DateTimeField, Document, IntField, StringField

KEPT_S = 90 * 24 * 3600


class PeopleList(Document):
    """A list: what it is for, and how its file read."""

    id = StringField(primary_key=True)
    name = StringField(required=True)
    rows = IntField(required=True)
    members = IntField(required=True)  # rows whose number belongs to a member
    strangers = IntField(required=True)  # rows whose number belongs to nobody here
    rejected = IntField(required=True)  # rows without a number
    created_by = StringField(required=True)
    created_at = DateTimeField(required=True)
    meta = {
        "collection": "people_lists",
        "auto_create_index": False,
        "indexes": [{"fields": ["created_at"], "expireAfterSeconds": KEPT_S}],
    }


class ListedPerson(Document):
    """That a person is on a list."""

    id = StringField(primary_key=True)  # list, colon, person
    list_id = StringField(required=True)
    person_id = StringField(required=True)
    created_at = DateTimeField(required=True)
    meta = {
        "collection": "people_list_entries",
        "auto_create_index": False,
        "indexes": [
            ("list_id", "person_id"),
            ("person_id", "list_id"),
            {"fields": ["created_at"], "expireAfterSeconds": KEPT_S},
        ],
    }
