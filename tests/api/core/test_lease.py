"""Leases: one holder at a time, and a number that grows with every change of holder."""

import threading
import time

import pytest

from mvoting.core import lease


@pytest.fixture(autouse=True)
def clean(db):
    db.leases.delete_many({})


def test_one_holder_at_a_time():
    first = lease.acquire("count", seconds=30, holder="a")
    assert first == 1
    assert lease.acquire("count", seconds=30, holder="b") is None
    assert lease.acquire("count", seconds=30, holder="a") == first


def test_a_lease_that_ran_out_is_taken_with_a_higher_number():
    lease.acquire("count", seconds=0.05, holder="a")
    time.sleep(0.1)
    assert lease.acquire("count", seconds=30, holder="b") == 2
    assert lease.acquire("count", seconds=30, holder="a") is None


def test_release_lets_the_next_in():
    lease.acquire("count", seconds=30, holder="a")
    lease.release("count", holder="b")
    assert lease.acquire("count", seconds=30, holder="c") is None
    lease.release("count", holder="a")
    assert lease.acquire("count", seconds=30, holder="c") == 2


def test_thirty_racing_holders_give_one(app):
    taken = []

    def race(number):
        if lease.acquire("race", seconds=30, holder=str(number)) is not None:
            taken.append(number)

    threads = [threading.Thread(target=race, args=(number,)) for number in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 1
