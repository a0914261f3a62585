"""Every row of FCM's error table."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import msgspec
import pytest

from notifications.channels.fcm.verdicts import classify, retry_after_s
from notifications.channels.gateway import Verdict
from notifications.sandbox.faults import ANSWERS, Answer, bad_field

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def outcome(answer: Answer, retry_after=None):
    return classify(answer.status, msgspec.json.encode(answer.document()), retry_after, now=NOW)


@pytest.mark.parametrize(
    ("fault", "verdict", "wait_s"),
    [
        ("unregistered", Verdict.DEAD, None),
        ("invalid-token", Verdict.BAD_ADDRESS, None),
        ("invalid-request", Verdict.BAD_MESSAGE, None),
        ("sender-mismatch", Verdict.WRONG_SENDER, None),
        ("quota", Verdict.SLOW_DOWN, 60.0),
        ("unavailable", Verdict.RETRY, None),
        ("internal", Verdict.RETRY, None),
        ("third-party-auth", Verdict.PLATFORM_REFUSED, None),
        ("unauthenticated", Verdict.NOT_AUTHORISED, None),
        ("forbidden", Verdict.NOT_AUTHORISED, None),
    ],
)
def test_row(fault, verdict, wait_s):
    assert (outcome(ANSWERS[fault]).verdict, outcome(ANSWERS[fault]).retry_after_s) == (verdict, wait_s)


def test_retry_after_is_honoured():
    assert outcome(ANSWERS["quota"], "7").retry_after_s == 7
    assert outcome(ANSWERS["unavailable"], "30").retry_after_s == 30
    assert outcome(ANSWERS["unavailable"], format_datetime(NOW + timedelta(seconds=90))).retry_after_s == 90


@pytest.mark.parametrize(
    ("header", "seconds"), [(None, None), ("soon", None), ("nan", None), ("-5", 0), ("99999999", 3600), ("", None)]
)
def test_odd_retry_after(header, seconds):
    assert retry_after_s(header, now=NOW) == seconds


@pytest.mark.parametrize(("field", "verdict"), [("message.token", Verdict.BAD_ADDRESS), ("message.fid", Verdict.BAD_ADDRESS)])
def test_a_named_address_field_sets_the_address_aside(field, verdict):
    assert outcome(bad_field(field, "Invalid registration token")).verdict is verdict


def test_a_wrong_payload_is_never_blamed_on_the_phone():
    both = Answer(400, "bad", "INVALID_ARGUMENT", ANSWERS["invalid-token"].details + bad_field("message.data", "x").details)
    assert outcome(both).verdict is Verdict.BAD_MESSAGE


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'{"error": 1}', b'{"error": {"details": {"a": 1}}}', b'{"error": {"details": [1]}}']
)
def test_unreadable_answers_never_prune(body):
    assert classify(404, body, None, now=NOW).verdict is Verdict.RETRY
    assert classify(502, body, None, now=NOW).verdict is Verdict.RETRY
    assert classify(400, body, None, now=NOW).verdict is Verdict.BAD_MESSAGE
    assert classify(200, body, None, now=NOW).verdict is Verdict.ACCEPTED
