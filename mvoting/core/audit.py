"""The audit log: who did what to what and why, append-only, in one signed Merkle tree (RFC 6962, the board's code).

An entry is written in the transaction of the action it tells of, together with the tree head after it, so neither stands
without the other. Entries line up at one document; staff act some times a second at most, which that carries.

Values that tell something about a citizen are sealed under that person's own key. Erasing the person destroys the key: the
log stays whole and provable, and nobody can read those values any more.
"""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bson import Binary
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from mongoengine import BinaryField, DateTimeField, Document, DynamicField, IntField, StringField
from pymongo.client_session import ClientSession
from pymongo.collection import Collection

from mvoting.core import merkle
from mvoting.core.acting import require_rights
from mvoting.core.clock import now
from mvoting.core.database import in_transaction
from mvoting.core.keys import current_key, signing_keys
from mvoting.core.pagination import keyset_page
from mvoting.core.problems import NotFound
from mvoting.core.secrets import NONCE_BYTES, seal, unseal

HEAD_DOMAIN = b"mvoting audit head v1\n"
REASON_MAX = 2000
BODY_MAX = 64 * 1024
CHECKED_EVERY = 1000


class AuditEntry(Document):
    """One entry; `body` is the exact text whose hash is leaf `id`, `head` the signed head that it led to."""

    id = IntField(primary_key=True)
    body = StringField(required=True)
    head = DynamicField(required=True)
    # Copies of what the body says, for searching; verification compares them.
    at = DateTimeField(required=True)
    staff_id = StringField(required=True)
    action = StringField(required=True)
    target = StringField(required=True)

    meta = {
        "collection": "audit_entries",
        "auto_create_index": False,
        "indexes": [("staff_id", "-id"), ("action", "-id"), ("target", "-id")],
    }


class AuditTree(Document):
    """Tiles of the tree, and under the id "head" its size."""

    id = StringField(primary_key=True)
    hashes = BinaryField()
    size = IntField()
    meta = {"collection": "audit_tree", "auto_create_index": False}


class PersonalKey(Document):
    """The key of one person's values in the log; gone once the person is erased."""

    id = StringField(primary_key=True)
    key_sealed = BinaryField(required=True)
    meta = {"collection": "personal_keys", "auto_create_index": False}


DOCUMENTS = [AuditEntry, AuditTree, PersonalKey]


@dataclass(frozen=True)
class Finding:
    """Something in the log that is not as it was written; `index` is the entry, or the size of the head."""

    index: int
    what: str


def record(
    action: str,
    target: str,
    *,
    staff_id: str,
    reason: str = "",
    before: Any = None,
    after: Any = None,
    person_id: str | None = None,
    session: ClientSession | None = None,
) -> int:
    """Append an entry, in the transaction of `session`, or in one of its own. Returns: its number.

    The rights of a staff member who asks are looked at once more (`acting`): an act that waited while they were taken away
    is refused as a whole.

    Args: action: "domain.verb", for example "moderation.hide"; target: "kind:id"; staff_id: who acts, "system" for sweeps
    and the command line; before, after: JSON values; person_id: the citizen whom reason, before and after tell about.
    """
    if session is None:
        return in_transaction(
            lambda own: record(
                action, target, staff_id=staff_id, reason=reason, before=before, after=after, person_id=person_id, session=own
            )
        )
    require_rights(session)
    told: dict[str, Any] = {"reason": reason[:REASON_MAX], "before": before, "after": after}
    if person_id is not None:
        told = {"person_id": person_id, "sealed": _sealed(person_id, told, session)}
    at = now()
    body = json.dumps(
        {"at": at.isoformat(), "staff_id": staff_id, "action": action, "target": target, **told},
        ensure_ascii=False,
        sort_keys=True,
        default=str,
    )
    if len(body) > BODY_MAX:
        raise ValueError(f"an audit entry of {action} is longer than {BODY_MAX} letters")
    return _append(body, {"at": at, "staff_id": staff_id, "action": action, "target": target}, session)


def destroy_personal_key(person_id: str, *, session: ClientSession | None = None) -> None:
    """Make everything that the log says about a person unreadable, for good."""
    PersonalKey._get_collection().delete_one({"_id": person_id}, session=session)


def entries(condition: Mapping[str, str], *, after: str | None, limit: int) -> tuple[list[dict[str, Any]], str | None]:
    """Give one page of entries, newest first, opened as far as the keys still exist.

    Args: condition: any of staff_id, action, target, each an exact value.
    """
    wanted = {name: condition[name] for name in ("staff_id", "action", "target") if name in condition}
    found, following = keyset_page(AuditEntry._get_collection(), wanted, sort=[("_id", -1)], after=after, limit=limit)
    return [_opened(entry) for entry in found], following


def entry(number: int) -> dict[str, Any]:
    """Give one entry, opened as far as its key still exists, with `body`, the exact text of its leaf, and the `head` after it.

    Raises: NotFound (core.not-found, 404).
    """
    found = AuditEntry._get_collection().find_one({"_id": number})
    if found is None:
        raise NotFound
    return {**_opened(found), "body": found["body"], "head": found["head"]}


def earlier_on(target: str, number: int, *, limit: int) -> list[dict[str, Any]]:
    """Give the entries about the same thing before an entry, the latest first, opened as far as the keys still exist."""
    found = AuditEntry._get_collection().find({"target": target, "_id": {"$lt": number}}).sort("_id", -1).limit(limit)
    return [_opened(earlier) for earlier in found]


def head() -> dict[str, Any]:
    """Give the latest signed head: size, root, kid, signature (hex). Whoever keeps it can find a later rewriting."""
    last = AuditEntry._get_collection().find_one({}, {"head": 1}, sort=[("_id", -1)])
    return last["head"] if last else _signed_head(0, merkle.EMPTY_ROOT)


def verify(
    earlier: Mapping[str, Any] | None = None, *, checked: Callable[[int], None] | None = None
) -> tuple[int, list[Finding]]:
    """Compute the whole tree again and compare. Returns: the number of entries and what is wrong, nothing when all is well.

    Args: earlier: a head that somebody kept, whole or only its size and root as written down on paper; a log that was cut
    off or rewritten and signed anew does not lead to it.
    checked: is told now and then how many entries were looked at.
    """
    tree, findings = merkle.MemoryTree(), []
    for entry in AuditEntry._get_collection().find().sort("_id", 1):
        index = len(tree)
        if checked is not None and index % CHECKED_EVERY == 0:
            checked(index)
        if entry["_id"] != index:
            findings.append(Finding(index, f"entries {index} to {entry['_id'] - 1} are missing"))
            return index, findings
        tree.extend([merkle.leaf_hash(entry["body"].encode())])
        findings += [Finding(index, what) for what in _wrong_with(entry, tree)]
    findings += _wrong_with_tiles(tree)
    if earlier is not None:
        findings += _wrong_with_earlier(earlier, tree)
    return len(tree), findings


def _append(body: str, copies: dict[str, Any], session: ClientSession) -> int:
    tiles: Collection[dict[str, Any]] = AuditTree._get_collection()
    grown = tiles.find_one_and_update({"_id": "head"}, {"$inc": {"size": 1}}, upsert=True, return_document=True, session=session)
    index = grown["size"] - 1  # type: ignore[index]
    edge = _tiles(merkle.edge_tiles(index), session)
    changed = merkle.extend_tiles(edge, index, [merkle.leaf_hash(body.encode())])
    for tile, hashes in changed.items():
        tiles.replace_one({"_id": _name(tile)}, {"hashes": Binary(hashes)}, upsert=True, session=session)
    root = merkle.root_in(index + 1, merkle.node_in({**edge, **changed}))  # it hangs on the edge alone
    entry = {"_id": index, "body": body, "head": _signed_head(index + 1, root), **copies}
    AuditEntry._get_collection().insert_one(entry, session=session)
    return index


def _name(tile: merkle.Tile) -> str:
    return f"{tile[0]}:{tile[1]}"


def _tiles(wanted: set[merkle.Tile], session: ClientSession | None = None) -> dict[merkle.Tile, bytes]:
    names = {_name(tile): tile for tile in wanted}
    found = AuditTree._get_collection().find({"_id": {"$in": list(names)}}, session=session) if names else []
    return {names[stored["_id"]]: bytes(stored["hashes"]) for stored in found}


def _head_bytes(size: int, root: str) -> bytes:
    return HEAD_DOMAIN + json.dumps({"root": root, "size": size}, separators=(",", ":")).encode()


def _signed_head(size: int, root: bytes) -> dict[str, Any]:
    key = current_key("board")
    assert isinstance(key.private, Ed25519PrivateKey)
    return {"size": size, "root": root.hex(), "kid": key.kid, "signature": key.private.sign(_head_bytes(size, root.hex())).hex()}


def _is_signed(signed: Mapping[str, Any]) -> bool:
    key = signing_keys("board").get(signed.get("kid", ""))
    if key is None:
        return False
    try:
        public = key.private.public_key()
        public.verify(bytes.fromhex(signed["signature"]), _head_bytes(signed["size"], signed["root"]))
    except (InvalidSignature, ValueError, KeyError, TypeError):
        return False
    return True


def _wrong_with(entry: Mapping[str, Any], tree: merkle.MemoryTree) -> list[str]:
    signed, wrong = entry["head"], []
    if signed.get("size") != len(tree) or signed.get("root") != tree.root().hex():
        wrong.append("the entry, or one before it, is not the one that was signed")
    if not _is_signed(signed):
        wrong.append("the signature of the head is not ours")
    try:
        told = json.loads(entry["body"])
        copies = {**{name: told[name] for name in ("staff_id", "action", "target")}, "at": told["at"]}
    except (ValueError, KeyError, TypeError):
        return [*wrong, "the body is not readable"]
    if copies != {**{name: entry[name] for name in ("staff_id", "action", "target")}, "at": entry["at"].isoformat()}:
        wrong.append("the fields for searching differ from the body")
    return wrong


def _wrong_with_tiles(tree: merkle.MemoryTree) -> list[Finding]:
    size = len(tree)
    stored = AuditTree._get_collection().find_one({"_id": "head"})
    if (stored["size"] if stored else 0) != size:
        return [Finding(size, "entries at the end are missing")]
    try:
        is_right = merkle.root_in(size, merkle.node_in(_tiles(merkle.edge_tiles(size)))) == tree.root()
    except LookupError:
        is_right = False
    return [] if is_right else [Finding(size, "the stored tree differs from the entries")]


def _wrong_with_earlier(earlier: Mapping[str, Any], tree: merkle.MemoryTree) -> list[Finding]:
    size = earlier.get("size")
    if not isinstance(size, int) or ("signature" in earlier and not _is_signed(earlier)):
        return [Finding(0, "the earlier head was not signed by us")]
    if size > len(tree):
        return [Finding(size, f"the log was cut off: it has {len(tree)} entries, the earlier head {size}")]
    if tree.root(size).hex() != earlier["root"]:
        return [Finding(size, "the log was rewritten since the earlier head")]
    return []


def _personal_key(person_id: str, session: ClientSession) -> bytes:
    fresh = {"key_sealed": seal("personal-key", os.urandom(32), bound_to=person_id.encode())}
    stored = PersonalKey._get_collection().find_one_and_update(
        {"_id": person_id}, {"$setOnInsert": fresh}, upsert=True, return_document=True, session=session
    )
    return unseal("personal-key", bytes(stored["key_sealed"]), bound_to=person_id.encode())


def _sealed(person_id: str, told: Mapping[str, Any], session: ClientSession) -> str:
    nonce = os.urandom(NONCE_BYTES)
    plain = json.dumps(told, ensure_ascii=False, default=str).encode()
    return (nonce + AESGCM(_personal_key(person_id, session)).encrypt(nonce, plain, None)).hex()


def _opened(entry: Mapping[str, Any]) -> dict[str, Any]:
    told = json.loads(entry["body"])
    sealed = told.pop("sealed", None)
    if sealed is not None:
        told.update(_unsealed(told["person_id"], bytes.fromhex(sealed)))
    return {"id": entry["_id"], "is_erased": False, "person_id": None, **told, "at": entry["at"]}


def _unsealed(person_id: str, sealed: bytes) -> dict[str, Any]:
    gone = {"reason": "", "before": None, "after": None, "is_erased": True}
    stored = PersonalKey._get_collection().find_one({"_id": person_id})
    if stored is None:
        return gone
    try:
        key = unseal("personal-key", bytes(stored["key_sealed"]), bound_to=person_id.encode())
        told: dict[str, Any] = json.loads(AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None))
    except InvalidTag:
        return gone
    return told
