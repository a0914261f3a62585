"""What can be done with sensors. Each episode of a rule drafts one alert, in the write that marks the rule as raised."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from pymongo import ReturnDocument
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.errors import BulkWriteError

from mvoting.core import audit, log
from mvoting.core.database import in_transaction
from mvoting.core.ids import new_id
from mvoting.core.pagination import keyset_page
from mvoting.core.problems import PreconditionFailed
from mvoting.core.secrets import keyed
from notifications.alerts import content as alert_content
from notifications.alerts import services as alerts
from notifications.alerts.errors import AlertStateChanged, AlreadyFollowed, CannotFollow
from notifications.alerts.rules import Kind, State
from notifications.listings import services as listings
from notifications.listings.errors import KeySeen
from notifications.sensors import errors, rules
from notifications.sensors.models import Gateway, Rule, StoredReading
from notifications.sensors.rules import Limits, Reading

Document = dict[str, Any]

LISTING_KIND = "sensor_rule"
READINGS_READ_MAX = 5000
RULES_MAX = 1000


def create_gateway(name: str, stations: Sequence[str], *, by: str, now: datetime) -> tuple[Document, str]:
    """Register a gateway. Returns it with its key, which is shown this once."""
    key = secrets.token_urlsafe(32)
    gateway = {
        "_id": new_id(),
        "name": name,
        "stations": sorted(set(stations)),
        "key_hash": keyed("sensor-gateway", key),
        "is_active": True,
        "created_by": by,
        "created_at": now,
    }
    shown = {"name": name, "stations": gateway["stations"]}

    def write(session: ClientSession) -> None:
        _gateways().insert_one(gateway, session=session)
        _end_listings(gateway, session)

    _audited("create_gateway", f"sensor_gateway:{gateway['_id']}", by, shown, write)
    return gateway, key


def take_key(gateway: Document, *, now: datetime) -> str:
    """Give a gateway a new key, which nobody else has seen; the old one is void at once."""
    key = secrets.token_urlsafe(32)
    changes = {"key_hash": keyed("sensor-gateway", key), "key_taken_at": now}

    def write(session: ClientSession) -> None:
        _gateways().update_one({"_id": gateway["_id"]}, {"$set": changes}, session=session)
        _end_listings(gateway, session)

    _audited("take_gateway_key", f"sensor_gateway:{gateway['_id']}", "system", {"key_taken_at": now.isoformat()}, write)
    return key


def _end_listings(gateway: Document, session: ClientSession) -> None:
    """Have two people look again at rules that another key can make send: a listing holds for one revision."""
    _rules().update_many({"station": {"$in": gateway["stations"]}}, {"$inc": {"revision": 1}}, session=session)


def listable_revision(rule_id: str) -> int:
    """Give the revision by which a rule is listed: no member of staff knows a key that hands in its station's readings.

    Raises: RuleNotFound (404), KeySeen (listings.key-seen, 409).
    """
    rule = get_rule(rule_id)
    if _gateways().find_one({"stations": rule["station"], "is_active": True, "key_taken_at": None}, {"_id": 1}):
        raise KeySeen
    return int(rule["revision"])


def close_gateway(gateway_id: str, *, by: str) -> None:
    """Take a gateway's right to hand in readings.

    Raises: GatewayNotFound (404).
    """
    if _gateways().find_one({"_id": gateway_id}, {"_id": 1}) is None:
        raise errors.GatewayNotFound
    change = {"$set": {"is_active": False}}
    _audited(
        "close_gateway",
        f"sensor_gateway:{gateway_id}",
        by,
        {"is_active": False},
        lambda session: _gateways().update_one({"_id": gateway_id}, change, session=session),
    )


def gateway_of_key(key: str) -> Document:
    """Give the active gateway that a key belongs to.

    Raises: GatewayUnknown (sensors.gateway-unknown, 401).
    """
    gateway = _gateways().find_one({"key_hash": keyed("sensor-gateway", key)})
    if gateway is None or not gateway["is_active"]:
        raise errors.GatewayUnknown
    return gateway


def list_gateways(*, after: str | None, limit: int) -> tuple[list[Document], str | None]:
    """List gateways, the newest first."""
    return keyset_page(_gateways(), {}, sort=[("_id", -1)], after=after, limit=limit)


def take_readings(gateway: Document, readings: Sequence[Mapping[str, Any]], *, now: datetime) -> dict[str, int]:
    """Store readings, each once, and see what they raise or clear.

    Returns: {"stored": n, "duplicates": n}. The first value of a station, kind and time stands.
    Raises: StationNotOfGateway (403), ReadingTimeRefused (422); then nothing is stored.
    """
    foreign = next((r["station"] for r in readings if r["station"] not in gateway["stations"]), None)
    if foreign is not None:
        raise errors.StationNotOfGateway(station=foreign)
    wrong = {str(place): why for place, r in enumerate(readings) if (why := rules.time_refusal(r["at"], now=now))}
    if wrong:
        raise errors.ReadingTimeRefused(readings=wrong)
    stored = _store([{**reading, "gateway_id": gateway["_id"], "received_at": now} for reading in readings])
    for station, kind in sorted({(reading["station"], reading["kind"]) for reading in readings}):
        evaluate(station=station, kind=kind, now=now)
    return {"stored": stored, "duplicates": len(readings) - stored}


def create_rule(fields: Mapping[str, Any], *, by: str, now: datetime) -> Document:
    """Store a rule.

    Raises: RuleInvalid (sensors.rule-invalid, 422), AreaInvalid (alerts.area, 422).
    """
    _refuse_invalid(fields, now)
    rule = {
        "_id": new_id(),
        **fields,
        "revision": 1,
        "is_active": True,
        "is_raised": False,
        "changed_at": now - timedelta(seconds=fields["gap_max_s"]),
        "created_by": by,
        "created_at": now,
    }
    _audited("create_rule", f"sensor_rule:{rule['_id']}", by, _told(fields), lambda s: _rules().insert_one(rule, session=s))
    return rule


def change_rule(rule_id: str, fields: Mapping[str, Any], *, seen: int | None = None, by: str, now: datetime) -> Document:
    """Replace a rule's limits and words or switch it off; what was listed for automatic sending is so no more.

    Args: seen: the revision that somebody looked at; None where that does not matter.
    Raises: RuleNotFound (404), RuleInvalid (422), AreaInvalid (422), PreconditionFailed (412) when it has another revision
        by now.
    """
    _refuse_invalid(fields, now)
    get_rule(rule_id)
    update = {"$set": dict(fields), "$inc": {"revision": 1}}

    def write(session: ClientSession) -> Document:
        expected = {"_id": rule_id} | ({} if seen is None else {"revision": seen})
        changed: Document | None = _rules().find_one_and_update(
            expected, update, return_document=ReturnDocument.AFTER, session=session
        )
        if changed is None:
            raise PreconditionFailed
        return changed

    return _audited("change_rule", f"sensor_rule:{rule_id}", by, _told(fields), write)


def get_rule(rule_id: str) -> Document:
    """Load a rule.

    Raises: RuleNotFound (404).
    """
    rule = _rules().find_one({"_id": rule_id})
    if rule is None:
        raise errors.RuleNotFound
    return rule


def list_rules(*, after: str | None, limit: int) -> tuple[list[Document], str | None]:
    """List rules, the newest first."""
    return keyset_page(_rules(), {}, sort=[("_id", -1)], after=after, limit=limit)


def evaluate_all(*, now: datetime) -> None:
    """See what every rule raises or clears; what a process left undone after storing readings is done here."""
    for rule in _rules().find({"is_active": True}).limit(RULES_MAX):
        _evaluate(rule, now)


def evaluate(*, station: str, kind: str, now: datetime) -> None:
    """See what the readings of one station and kind raise or clear."""
    for rule in _rules().find({"is_active": True, "station": station, "kind": kind}).limit(RULES_MAX):
        _evaluate(rule, now)


def limits_of(rule: Mapping[str, Any]) -> Limits:
    """Give a rule's limits as the rules take them."""
    return Limits(
        threshold=rule["threshold"],
        clear_at=rule["clear_at"],
        duration=timedelta(seconds=rule["duration_s"]),
        gap_max=timedelta(seconds=rule["gap_max_s"]),
        is_above=rule["is_above"],
    )


def _evaluate(rule: Document, now: datetime) -> None:
    readings = _since(rule)
    if rule["is_raised"]:
        if cleared := rules.cleared_by(readings, limits_of(rule)):
            _clear(rule, cleared, now)
    elif raised := rules.raised_by(readings, limits_of(rule), now=now):
        _raise(rule, raised, now)


def _since(rule: Document) -> list[Reading]:
    condition = {"station": rule["station"], "kind": rule["kind"], "at": {"$gt": rule["changed_at"]}}
    found = _readings().find(condition, {"at": 1, "value": 1}).sort("at", -1).limit(READINGS_READ_MAX)
    return [Reading(each["at"], each["value"]) for each in found]


def _raise(rule: Document, reading: Reading, now: datetime) -> None:
    """Draft the alert and mark the rule as raised, together; whoever comes second finds it raised."""

    def write(session: ClientSession) -> str | None:
        entered = _filled(rule, reading, now)
        origin = {"kind": "sensor", "id": rule["_id"]}
        alert = alerts.create_draft(entered, by=None, now=now, origin=origin, session=session)
        changes = {"is_raised": True, "changed_at": reading.at, "alert_id": alert["_id"]}
        condition = {"_id": rule["_id"], "is_raised": False, "revision": rule["revision"], "is_active": True}
        if not _rules().update_one(condition, {"$set": changes}, session=session).modified_count:
            session.abort_transaction()
            return None
        alert_id: str = alert["_id"]
        return alert_id

    alert_id = in_transaction(write)
    if alert_id is None:
        return
    log.event("sensors.raised", rule_id=rule["_id"], alert_id=alert_id, value=reading.value)
    listing = listings.listing_for(LISTING_KIND, rule["_id"], rule["revision"], rule["alert"]["alert_class"])
    if listing:
        alerts.release_listed(alert_id, listing, now=now)


def _clear(rule: Document, reading: Reading, now: datetime) -> None:
    """Mark the rule as calm; an untouched draft is withdrawn, a released alert gets a draft of its all-clear."""
    changes = {"$set": {"is_raised": False, "changed_at": reading.at}, "$unset": {"alert_id": True}}
    if not _rules().update_one({"_id": rule["_id"], "is_raised": True, "alert_id": rule["alert_id"]}, changes).modified_count:
        return
    log.event("sensors.cleared", rule_id=rule["_id"], alert_id=rule["alert_id"], value=reading.value)
    alert, by = alerts.get_alert(rule["alert_id"]), f"sensor:{rule['_id']}"
    try:
        if alert["state"] == State.DRAFT and not alert["author_ids"]:
            alerts.cancel(alert["_id"], note=f"{reading.value:g}", by=by, now=now)
        elif alert["state"] not in (State.DRAFT, State.SUBMITTED, State.CANCELLED):
            alerts.draft_follow_up(alert["_id"], Kind.ALL_CLEAR, by=by, now=now)
    except (AlertStateChanged, CannotFollow, AlreadyFollowed) as refusal:
        log.event("sensors.clear_without_follow_up", rule_id=rule["_id"], code=refusal.code)


def _filled(rule: Mapping[str, Any], reading: Reading, now: datetime) -> Document:
    facts: dict[str, Any] = {"station": rule["station"], "value": reading.value, "unit": rule["unit"], "at": reading.at}
    wording = {
        language: {part: rules.filled(text, **facts) for part, text in words.items()}
        for language, words in rule["alert"]["wording"].items()
    }
    return {**rule["alert"], "wording": wording, "expires_at": now + timedelta(seconds=rule["lasts_s"])}


def _refuse_invalid(fields: Mapping[str, Any], now: datetime) -> None:
    if gap := rules.limits_gap(limits_of(fields)):
        raise errors.RuleInvalid(gaps={gap: "wrong-side"})
    widest = Reading(now, -8888.88)
    if gaps := alert_content.gaps(alert_content.alert_fields(_filled(fields, widest, now))):
        raise errors.RuleInvalid(gaps=gaps)


def _store(readings: list[Document]) -> int:
    try:
        return len(_readings().insert_many(readings, ordered=False).inserted_ids)
    except BulkWriteError as error:
        if any(write["code"] != 11000 for write in error.details["writeErrors"]):
            raise
        return int(error.details["nInserted"])


def _audited(act: str, target: str, by: str, after: Document, write: Callable[[ClientSession], Any]) -> Any:
    def both(session: ClientSession) -> Any:
        result = write(session)
        audit.record(f"sensors.{act}", target, staff_id=by, after=after, session=session)
        return result

    return in_transaction(both)


def _told(fields: Mapping[str, Any]) -> Document:
    """Give what the audit log keeps of a rule; its area, which may be long, as a hash."""
    alert = fields["alert"]
    kept = {name: value for name, value in fields.items() if name != "alert"}
    return {**kept, "wording": alert["wording"], "content_sha256": alert_content.digest(alert)}


def _gateways() -> Collection[Document]:
    collection: Collection[Document] = Gateway._get_collection()
    return collection


def _readings() -> Collection[Document]:
    collection: Collection[Document] = StoredReading._get_collection()
    return collection


def _rules() -> Collection[Document]:
    collection: Collection[Document] = Rule._get_collection()
    return collection
