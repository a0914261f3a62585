"""Alerts as files, with what may cause one: sources and what came from them, sensors, automatic sending."""

from collections.abc import Iterator
from typing import Any

from admin.tables.table import ACTIVE, ID, MADE, NAME, STATE, Query, Row, Table, every, fields, staff_namer
from admin.words import feed_trouble, label, localized
from mvoting.core.pagination import LIMIT_MAX
from notifications.alerts import services as alerts
from notifications.feeds import receipts as cap_receipts
from notifications.feeds import services as feeds
from notifications.listings import services as listings
from notifications.sensors import services as sensors

ALERT_READERS = ("alert_author", "alert_approver", "auditor", "administrator")


def _alerts(query: Query) -> Iterator[Row]:
    state = query.get("state") or None
    for alert in every(lambda after: alerts.list_alerts(state, after=after, limit=LIMIT_MAX)):
        kinds = (label("alert_class", alert["alert_class"]), label("hazard", alert["hazard"]))
        shown = (localized(alert["texts"]), label("alert_state", alert["state"]), *kinds)
        yield [alert["_id"], *shown, alert["created_at"], alert.get("approved_at"), alert["expires_at"]]


def _receipts(_query: Query) -> Iterator[Row]:
    for receipt in every(lambda after: cap_receipts.list_receipts(after=after, limit=LIMIT_MAX)):
        said = [receipt.get(name) for name in ("source_id", "identifier", "event")]
        yield [receipt["_id"], receipt["received_at"], *said, label("receipt", receipt["outcome"]), _reason(receipt)]


def _reason(receipt: dict[str, Any]) -> str | None:
    return feed_trouble(receipt["reason"]) if receipt.get("reason") else None


def _listings(_query: Query) -> Iterator[Row]:
    name = staff_namer()
    for each in every(lambda after: listings.list_listings(after=after, limit=LIMIT_MAX)):
        kind, state = label("subject_kind", each["kind"]), label("listing_state", each["state"])
        classes = ", ".join(label("alert_class", code) for code in each["classes"])
        yield [each["_id"], kind, each["subject_id"], classes, state, name(each["proposed_by"]), name(each.get("agreed_by"))]


TABLES = {
    "alerts": Table(
        ("재난 알림", "Alerts"),
        ALERT_READERS,
        ("state",),
        (
            ID,
            ("문구", "text"),
            STATE,
            ("등급", "class"),
            ("재난", "hazard"),
            MADE,
            ("승인", "approved at"),
            ("만료", "expires at"),
        ),
        _alerts,
    ),
    "cap_sources": Table(
        ("CAP 기관", "CAP sources"),
        ALERT_READERS,
        (),
        (ID, NAME, ("CAP 발신자", "CAP sender"), ("가져오는 주소", "fetched from"), ACTIVE, MADE),
        fields(feeds.list_sources, "_id", "name", "sender", "url", "is_active", "created_at"),
    ),
    "cap_receipts": Table(
        ("받은 CAP 메시지", "CAP messages received"),
        ALERT_READERS,
        (),
        (
            ID,
            ("받은 때", "received at"),
            ("기관", "source"),
            ("메시지 번호", "identifier"),
            ("사건", "event"),
            ("결과", "outcome"),
            ("까닭", "why"),
        ),
        _receipts,
    ),
    "sensor_rules": Table(
        ("센서 규칙", "Sensor rules"),
        ALERT_READERS,
        (),
        (ID, NAME, ("관측소", "station"), ("값", "kind"), ("기준", "limit"), ("단위", "unit"), ACTIVE, MADE),
        fields(sensors.list_rules, "_id", "name", "station", "kind", "threshold", "unit", "is_active", "created_at"),
    ),
    "sensor_gateways": Table(
        ("센서 장치", "Sensor gateways"),
        ALERT_READERS,
        (),
        (ID, NAME, ("관측소", "stations"), ACTIVE, MADE),
        fields(sensors.list_gateways, "_id", "name", "stations", "is_active", "created_at"),
    ),
    "alert_listings": Table(
        ("자동 발송", "Automatic sending"),
        ALERT_READERS,
        (),
        (ID, ("종류", "kind"), ("대상", "subject"), ("등급", "classes"), STATE, ("제안", "proposed by"), ("동의", "agreed by")),
        _listings,
    ),
}
