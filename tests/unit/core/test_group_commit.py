"""Whatever comes at once is written together, everybody gets their own outcome, and nobody is left waiting."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from mvoting.core.group_commit import GroupCommit


def at_once(work, items, threads=32):
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, items))


def test_everybody_gets_their_own_outcome():
    rounds = []

    def write(items):
        rounds.append(list(items))
        return [item * 2 for item in items]

    assert at_once(GroupCommit(write).submit, range(500)) == [n * 2 for n in range(500)]
    assert sorted(item for one in rounds for item in one) == list(range(500))


def test_those_who_come_during_a_write_share_the_next_one():
    rounds, begun, go_on = [], threading.Event(), threading.Event()

    def write(items):
        rounds.append(len(items))
        if len(rounds) == 1:
            begun.set()
            go_on.wait(10)
        return items

    group = GroupCommit(write, most=6)
    with ThreadPoolExecutor(16) as pool:
        first = pool.submit(group.submit, 0)
        assert begun.wait(10)
        others = [pool.submit(group.submit, n) for n in range(1, 10)]
        while len(group._queue) < 9:
            pass
        go_on.set()
        assert [one.result(10) for one in [first, *others]] == list(range(10))
    assert rounds == [1, 6, 3]


def test_a_failed_write_fails_for_all_of_its_round_and_for_nobody_else():
    def write(items):
        if "bad" in items:
            raise ConnectionError("gone")
        return items

    group = GroupCommit(write)

    def work(item):
        try:
            return group.submit(item)
        except ConnectionError:
            return "failed"

    results = at_once(work, ["good", "bad"] * 50)
    assert results[1::2] == ["failed"] * 50
    assert group.submit("later") == "later"


def test_a_writer_that_forgets_somebody_is_an_error_for_the_round():
    with pytest.raises(ValueError, match="shorter"):
        GroupCommit(lambda items: []).submit(1)
