"""Asking for an account that is not there takes as long as asking for one that is."""

from argon2 import PasswordHasher

from mvoting.accounts import passwords


def test_nobodys_hash_costs_what_a_real_one_costs():
    assert not PasswordHasher().check_needs_rehash(passwords.NOBODY)
    assert passwords.matches("nobody has this password", None) is False
