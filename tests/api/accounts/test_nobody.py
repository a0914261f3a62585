"""Asking for an account that is not there takes as long as asking for one that is."""

from argon2 import PasswordHasher

from mvoting.accounts import passwords
from mvoting.voting.polls import rooms


def test_nobodys_hash_costs_what_a_real_one_costs():
    assert not PasswordHasher().check_needs_rehash(passwords.NOBODY)
    assert passwords.matches("nobody has this password", None) is False


def test_nobodys_room_costs_what_a_real_one_costs():
    assert not rooms._hasher.check_needs_rehash(rooms.NO_ROOM)
    assert rooms.opens(None, "no room has this password") is False
