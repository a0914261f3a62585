"""The breaker opens, probes with one request, and closes or opens for longer."""

from notifications.channels.fcm.breaker import FAILURES_TO_OPEN, FIRST_OPEN_S, MAX_OPEN_S, Breaker


def opened(at=100.0):
    breaker = Breaker()
    for _ in range(FAILURES_TO_OPEN):
        breaker.failed(at)
    return breaker


def test_single_failures_between_answers_do_not_open_it():
    breaker = Breaker()
    for _ in range(FAILURES_TO_OPEN * 3):
        breaker.failed(1.0)
        breaker.succeeded()
    assert breaker.wait_s(1.0) == 0


def test_it_opens_after_failures_in_a_row_and_lets_one_probe_pass():
    breaker = opened(100.0)
    assert breaker.wait_s(100.5) == FIRST_OPEN_S - 0.5
    assert breaker.wait_s(100.0 + FIRST_OPEN_S) == 0
    assert breaker.wait_s(100.0 + FIRST_OPEN_S) > 0, "only one probe"


def test_a_probe_that_succeeds_closes_it():
    breaker = opened(100.0)
    assert breaker.wait_s(103.0) == 0
    breaker.succeeded()
    assert [breaker.wait_s(103.0), breaker.wait_s(103.0)] == [0, 0]


def test_a_probe_that_fails_opens_it_for_longer_up_to_a_limit():
    breaker, now, waits = opened(100.0), 100.0, []
    for _ in range(10):
        waits.append(breaker.wait_s(now))
        now += waits[-1]
        assert breaker.wait_s(now) == 0
        breaker.failed(now)
    assert waits[:3] == [2.0, 4.0, 8.0]
    assert waits[-1] == MAX_OPEN_S


def test_failures_of_requests_sent_before_it_opened_do_not_prolong_it():
    breaker = opened(100.0)
    for _ in range(200):
        breaker.failed(100.1)
    assert breaker.wait_s(100.1) < FIRST_OPEN_S


def test_a_probe_that_never_ends_does_not_block_for_ever():
    breaker = opened(100.0)
    assert breaker.wait_s(103.0) == 0
    assert breaker.wait_s(104.0) == 1.0
    assert breaker.wait_s(103.0 + 20.0) == 0
