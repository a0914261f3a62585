"""Sealing, sharing and opening: RFC 9180's vectors, and every way in which they must refuse."""

import itertools

import pytest
from cryptography.hazmat.bindings._rust import openssl as rust_openssl
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from mvoting.voting.sealing import hpke, shamir, trustees

INFO = hpke.sealing_info("poll-1", bytes(range(32)))


def a_key():
    key = X25519PrivateKey.generate()
    return key, key.public_key().public_bytes_raw()


@given(st.binary(max_size=126))
@settings(max_examples=30, deadline=None)
def test_what_was_sealed_opens_and_all_sealed_ballots_are_of_one_size(content):
    private, public = a_key()
    sealed = hpke.seal_ballot(content, public, INFO, 128)
    assert hpke.open_ballot(sealed, private, INFO) == content
    assert len(sealed) == hpke.ciphertext_bytes(128)


def test_choices_that_do_not_fit_are_not_cut():
    _, public = a_key()
    with pytest.raises(ValueError, match="longer"):
        hpke.seal_ballot(bytes(127), public, INFO, 128)


def test_a_sealed_ballot_opens_for_no_other_poll_definition_or_key_and_not_when_changed():
    private, public = a_key()
    sealed = hpke.seal_ballot(b"x", public, INFO, 64)
    other_key, _ = a_key()
    bent = [bytes([b ^ 1 if n == at else b for n, b in enumerate(sealed)]) for at in (0, 32, 63, len(sealed) - 1)]
    cases = [(sealed, other_key, INFO), (sealed, private, hpke.sealing_info("poll-2", bytes(range(32))))]
    cases += [(sealed, private, hpke.sealing_info("poll-1", bytes(32)))]
    cases += [(c, private, INFO) for c in [*bent, b"", sealed[:40], sealed + b"\x00", bytes(len(sealed))]]
    for ciphertext, key, info in cases:
        with pytest.raises(hpke.CannotOpen):
            hpke.open_ballot(ciphertext, key, info)


@pytest.mark.parametrize("padded", [b"", b"\x00", b"\x00\x05abc", b"\x00\x01ab", b"\xff\xff"])
def test_padding_that_no_client_makes_is_refused(padded):
    private, _ = a_key()
    sealed = hpke.SUITE.encrypt(padded, private.public_key(), info=INFO)
    with pytest.raises(hpke.CannotOpen):
        hpke.open_ballot(sealed, private, INFO)


def test_rfc_9180_appendix_a_1_1_1_opens():
    """DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM, base mode, sequence number 0, with its associated data."""
    private = X25519PrivateKey.from_private_bytes(
        bytes.fromhex("4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8")
    )
    enc = bytes.fromhex("37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431")
    sealed = bytes.fromhex("f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a")
    info = bytes.fromhex("4f6465206f6e2061204772656369616e2055726e")
    opened = rust_openssl.hpke._decrypt_with_aad(hpke.SUITE, enc + sealed, private, info=info, aad=b"Count-0")
    assert opened == b"Beauty is truth, truth beauty"


@given(st.integers(0, shamir.PRIME - 1), st.data())
@settings(max_examples=50, deadline=None)
def test_any_threshold_of_shares_gives_the_secret_back(secret, data):
    trustees_count = data.draw(st.integers(1, 7))
    threshold = data.draw(st.integers(1, trustees_count))
    shares = shamir.deal(secret, threshold, trustees_count)
    for chosen in itertools.combinations(shares.items(), threshold):
        assert shamir.combine(dict(chosen)) == secret


def test_fewer_shares_fit_every_secret():
    """Given threshold − 1 shares, each candidate secret has exactly one polynomial: nothing is learnt."""
    shares = shamir.deal(42, 3, 5)
    two = {x: shares[x] for x in (2, 4)}
    for candidate in (0, 1, 42, shamir.PRIME - 1):
        third = _value_at(1, {0: candidate, **two})
        assert shamir.combine({**two, 1: third}) == candidate


def _value_at(x, points):
    return shamir.combine({k - x: v for k, v in points.items()})


@pytest.mark.parametrize(("threshold", "count"), [(0, 3), (4, 3), (1, 0), (2, 21), (-1, 2)])
def test_impossible_numbers_are_refused(threshold, count):
    with pytest.raises(ValueError):
        trustees.deal("poll-1", threshold, count)


def test_a_ceremony_from_dealing_to_opening():
    ceremony, shares = trustees.deal("poll-1", 2, 3)
    assert trustees.Ceremony.from_document(ceremony.document()) == ceremony
    sealed = hpke.seal_ballot(b"{}", ceremony.public_key, INFO, 64)
    for pair in itertools.combinations(shares, 2):
        printed = [trustees.parse_share(trustees.share_text(s)) for s in pair]
        assert hpke.open_ballot(sealed, trustees.join(printed, ceremony), INFO) == b"{}"


def test_wrong_shares_are_refused_and_named():
    ceremony, shares = trustees.deal("poll-1", 2, 3)
    other, foreign = trustees.deal("poll-2", 2, 3)
    forged = trustees.Share("poll-1", 1, 2, shares[1].value)
    renamed = trustees.Share("poll-1", 1, 2, foreign[0].value)
    beyond = trustees.Share("poll-1", 4, 2, shares[0].value)
    for bad, words in ((foreign[0], "another poll"), (forged, "committed"), (renamed, "committed"), (beyond, "not dealt")):
        with pytest.raises(trustees.BadShare, match=words):
            trustees.join([shares[2], bad], ceremony)
    for too_few in ([], shares[:1], [shares[0], shares[0]]):
        with pytest.raises(trustees.BadShare, match="needed"):
            trustees.join(too_few, ceremony)
    swapped = trustees.Ceremony("poll-1", other.public_key, 2, ceremony.commitments)
    with pytest.raises(trustees.BadShare, match="dealer"):
        trustees.join(shares, swapped)


def test_one_misread_letter_of_a_printed_share_is_noticed():
    _, shares = trustees.deal("poll-1", 2, 3)
    text = trustees.share_text(shares[0])
    head, code = text.rsplit("\n", 2)[0], text.rsplit("\n", 2)[1]
    assert trustees.parse_share(f"{head}\n{code.lower().replace(' ', '-')}").value == shares[0].value
    for at, letter in enumerate(code):
        if letter != " ":
            wrong = code[:at] + ("A" if letter != "A" else "C") + code[at + 1 :]
            with pytest.raises(trustees.BadShare):
                trustees.parse_share(f"{head}\n{wrong}")
    for changed in (text.replace("poll-1", "poll-2"), text.replace("share 1", "share 2"), text[:-6], "", "hello"):
        with pytest.raises(trustees.BadShare):
            trustees.parse_share(changed)


def test_a_trustee_signs_contents_without_giving_the_share_away():
    ceremony, shares = trustees.deal("poll-1", 2, 3)
    signature = trustees.sign_contents(shares[1], b"d" * 32)
    trustees.check_contents_signature(ceremony, 2, b"d" * 32, signature)
    for index, digest in ((1, b"d" * 32), (2, b"e" * 32), (0, b"d" * 32), (9, b"d" * 32)):
        with pytest.raises(trustees.BadShare):
            trustees.check_contents_signature(ceremony, index, digest, signature)


def test_a_share_never_shows_its_value():
    _, shares = trustees.deal("poll-1", 2, 3)
    assert shares[0].value.hex() not in repr(shares[0])
    assert str(shares[0].value) not in repr(shares[0])
