"""The document of template versions."""

from mongoengine import DateTimeField, DictField, Document, IntField, StringField

STATES = ("draft", "active", "retired")


class TemplateVersion(Document):
    """One version of a text as staff wrote it; the product's own stand in the code until then."""

    id = StringField(primary_key=True)  # key, colon, version
    key = StringField(required=True)
    version = IntField(required=True)
    texts = DictField(required=True)  # {"ko": {"title", "body"}, "en": {…}}
    note = StringField()
    state = StringField(required=True, choices=STATES)
    written_by = StringField(required=True)
    written_at = DateTimeField(required=True)
    agreed_by = StringField()
    agreed_at = DateTimeField()
    retired_at = DateTimeField()
    meta = {
        "collection": "push_templates",
        "auto_create_index": False,
        "indexes": [
            {"fields": ["key"], "name": "one_active", "unique": True, "partialFilterExpression": {"state": "active"}},
            ("key", "-version", "-id"),
            ("state", "-written_at", "-id"),
        ],
    }
