"""Identifiers: how a person is known without a name. A number, an identity or a sign-in stands only as its keyed hash."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mvoting.accounts import rules
from mvoting.accounts.models import Identifier
from mvoting.core.secrets import keyed, unseal

IDENTIFIERS_MAX = 10


@dataclass(frozen=True)
class Proof:
    """An identifier that somebody just proved to hold.

    Args: value: E.164 phone number, or the provider's name for the person.
    """

    kind: str
    value: str
    provider: str = ""
    label: str = ""

    @property
    def key(self) -> str:
        """The keyed hash under which the identifier is stored."""
        return identifier_key(self.kind, self.value, provider=self.provider)


def identifier_key(kind: str, value: str, *, provider: str = "") -> str:
    """Give the keyed hash of an identifier; lists of phone numbers are stored as these keys, too."""
    return keyed("identifier", f"{kind}:{provider}:{value}")


def phone_key(text: str) -> str | None:
    """Give the stored key of a phone number in any usual form; None when it is none."""
    phone = rules.normal_phone(text)
    return identifier_key("phone", phone) if phone else None


def keys_of(person_id: str) -> list[str]:
    """Give the keys of the identifiers that open this person's door."""
    return [
        i["_id"] for i in Identifier._get_collection().find({"person_id": person_id, "state": "active"}, {"_id": 1}).limit(50)
    ]


def identifiers_of(person_id: str) -> list[dict[str, Any]]:
    """Give the ways by which a person signs in: id, kind, label, verified_at."""
    found = Identifier._get_collection().find({"person_id": person_id, "state": "active"}).limit(IDENTIFIERS_MAX)
    return [{"id": i["_id"], "kind": i["kind"], "label": label(i), "verified_at": i["verified_at"]} for i in found]


def holders(keys: list[str]) -> set[str]:
    """Give the people whose doors these identifier keys open now."""
    found = Identifier._get_collection().find({"_id": {"$in": keys}, "state": "active"}, {"person_id": 1})
    return {identifier["person_id"] for identifier in found}


def label(identifier: Mapping[str, Any]) -> str:
    """Open what the person is shown of an identifier."""
    sealed = identifier.get("label_sealed")
    return unseal("identifier-label", bytes(sealed), bound_to=identifier["_id"].encode()).decode() if sealed else ""
