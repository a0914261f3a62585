"""The shared rate: however low it is set, a run's permits are granted in the end, and not sooner than the rate allows."""

import time

import pytest

from notifications.channels.throttle import LocalBucket, SharedThrottle

PERMITS = 250


def waited(take):
    """Ask until permits are granted. Returns: the seconds that were to be waited."""
    total = 0.0
    for _ in range(20):
        wait_s = take()
        if not wait_s:
            return total
        total += wait_s
        time.sleep(min(wait_s, 1.0))
    raise AssertionError("never granted")


@pytest.mark.parametrize("is_bulk", [False, True])
def test_a_rate_below_a_runs_permits_still_grants_them(redis_url, is_bulk):
    throttle = SharedThrottle(redis_url, f"slow-{is_bulk}", is_bulk=is_bulk, rate_per_s=PERMITS)
    assert waited(lambda: throttle.take(PERMITS)) < 2
    assert waited(lambda: throttle.take(PERMITS)) > 0.5, "the second lot comes at the rate"


def test_without_redis_too():
    bucket, at = LocalBucket(15.0), 1000.0
    waits = []
    while wait_s := bucket.take(PERMITS, at):
        waits.append(wait_s)
        at += wait_s + 0.001
        assert len(waits) < 5
    assert at - 1000.0 == pytest.approx((PERMITS - 15) / 15, abs=0.1)
