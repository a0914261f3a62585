"""A witness of boards: cosigns what continues what it has seen, refuses every fork, and a split view is found with its word."""

import copy
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mvoting.core import merkle
from mvoting.voting import statements
from mvoting.voting.board import entries, witness
from mvoting.voting.board.words import REFUSED
from tests.unit.voting import operator as pen


class Shown:
    """A board as an operator shows it: the first `heads` heads of a signed archive, with true proofs of its own tree."""

    def __init__(self, lines, heads=None, keys=None, **changes):
        self.heads = [line["head"] for line in lines if "head" in line]
        self.shown = {**self.heads[heads - 1 if heads else -1], **changes}
        self.tree = merkle.MemoryTree(merkle.leaf_hash(entries.entry_bytes(line["entry"])) for line in lines if "entry" in line)
        self.keys = keys or {pen.KID: pen.public(pen.KEY)}

    def head(self):
        return self.shown, self.keys

    def consistency(self, size1, size2):
        return [h.hex() for h in merkle.consistency_proof(size1, size2, self.tree.node)]


@pytest.fixture
def lines():
    return pen.signed(*pen.open_archive())


@pytest.fixture
def forked():
    """The same poll, the same key, other ballots: what a second group is shown."""
    return pen.signed(*pen.open_archive())


@pytest.fixture
def university(tmp_path):
    with witness.opened(tmp_path / "university", "university") as one:
        yield one


def refused(one, board, code):
    before = one.kept("poll")
    with pytest.raises(witness.Refused) as refusal:
        one.see("poll", board)
    assert refusal.value.code == code
    assert code in REFUSED
    assert one.kept("poll") == before
    return refusal.value


def keys_of(one):
    return {one.name: bytes.fromhex(one.public_key)}


def test_heads_of_a_growing_board_are_cosigned(university, lines):
    for number in (1, 2, 2, 3, 5):
        board = Shown(lines, number)
        said = statements.check(university.see("poll", board), statements.Cosignature, keys_of(university))
        assert vars(said) == {name: value for name, value in board.shown.items() if name not in ("kid", "signature")}
        assert university.kept("poll") == board.shown


def test_a_cosignature_is_no_head_and_a_head_no_cosignature(university, lines):
    board = Shown(lines)
    cosigned = university.see("poll", board)
    with pytest.raises(statements.ForgedSignature):
        statements.check(cosigned, statements.TreeHead, keys_of(university))
    with pytest.raises(statements.ForgedSignature):
        statements.check(board.shown, statements.Cosignature, {pen.KID: bytes.fromhex(pen.public(pen.KEY))})


@pytest.mark.parametrize("heads", [2, 3, 5])
def test_a_fork_is_refused_with_both_heads_as_evidence_and_the_true_board_goes_on(university, lines, forked, heads):
    university.see("poll", Shown(lines, 2))
    refusal = refused(university, Shown(forked, heads), "fork")
    [evidence] = university.folder.glob("fork-*.json")
    told = json.loads(evidence.read_text())
    assert told == {"kept": refusal.kept, "shown": refusal.shown}
    board_keys = {pen.KID: bytes.fromhex(pen.public(pen.KEY))}
    for head in told.values():
        statements.check(head, statements.TreeHead, board_keys)  # both by the city's own hand
    university.see("poll", Shown(lines, 5))


def test_a_shorter_board_is_refused(university, lines):
    university.see("poll", Shown(lines, 3))
    refused(university, Shown(lines, 2), "went-back")


def test_only_heads_of_the_trusted_key_and_of_this_poll(university, lines):
    other = Ed25519PrivateKey.generate()
    university.see("poll", Shown(lines, 1))
    stranger = pen.signed(*pen.open_archive(), key=other, kid="other")
    refused(university, Shown(stranger, 2, keys={"other": pen.public(other)}), "unknown-signer")
    impostor = pen.signed(*pen.open_archive(), key=other)
    refused(university, Shown(impostor, 2, keys={pen.KID: pen.public(other)}), "unknown-signer")
    for part, value in (("size", 3), ("root", "ab" * 32), ("number", 7), ("is_final", 1), ("definition_hash", "cd" * 32)):
        refused(university, Shown(lines, 2, **{part: value}), "unknown-signer")
    with pytest.raises(witness.Refused, match="other-poll"):
        university.see("another", Shown(lines, 2))


def test_keys_named_beforehand_leave_no_room_for_a_first_lie(university, lines):
    university.trust({"city": "ab" * 32})
    refused(university, Shown(lines, 1), "unknown-signer")
    assert university.kept("poll") is None


@pytest.mark.parametrize("changes", [{"definition_hash": "cd" * 32}, {"is_final": 0}])
def test_another_question_or_an_end_taken_back_is_a_fork_though_the_tree_grows(university, lines, changes):
    university.see("poll", Shown(lines, 4))
    later = copy.deepcopy(Shown(lines, 5).shown)
    head = {name: value for name, value in {**later, **changes}.items() if name not in ("kid", "signature")}
    signed = statements.sign(statements.TreeHead(**head), pen.KEY, pen.KID)
    board = Shown(lines, 5)
    board.shown = signed
    refused(university, board, "fork")


@pytest.mark.parametrize("proof", [[], ["ab" * 32], ["zz"], ["ab"]])
def test_a_proof_that_proves_nothing(university, lines, proof):
    university.see("poll", Shown(lines, 2))
    board = Shown(lines, 3)
    board.consistency = lambda *_: proof
    refused(university, board, "fork")


def test_what_is_cosigned_was_remembered_before(university, lines, forked, monkeypatch):
    """Killed at the moment of signing: awake again it refuses the other branch, as if it had signed this one."""

    def dies(*_):
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(statements, "sign", dies)
        with pytest.raises(SystemExit):
            university.see("poll", Shown(lines, 2))
    refused(witness.Witness(university.folder, "university"), Shown(forked, 2), "fork")


def test_two_processes_never_work_with_one_folder(university):
    with pytest.raises(witness.Busy), witness.opened(university.folder, "university"):
        pass


# What the cosignatures are good for: two groups that are shown two boards


def archive_found(lines, **kept):
    return pen.found(pen.text(lines), **kept)


def test_a_split_view_is_found_by_whoever_asks_for_the_witness(university, lines, forked):
    """Each group's archive is whole in itself, signed by the city's key; only one of them can have the witness's word."""
    first = university.see("poll", Shown(lines))
    refused(university, Shown(forked), "fork")
    asked = {"witnesses": {university.name: university.public_key}}
    assert archive_found(lines) == archive_found(forked) == set()
    assert archive_found(lines, cosignatures=[first], **asked) == set()
    assert archive_found(forked, cosignatures=[], **asked) == {"not-witnessed"}
    assert archive_found(forked, cosignatures=[first], **asked) == {"rewritten-archive", "not-witnessed"}


def test_only_the_named_witness_s_own_word_about_the_final_head_counts(university, lines, tmp_path):
    early = university.see("poll", Shown(lines, 2))
    asked = {"witnesses": {university.name: university.public_key}}
    assert archive_found(lines, cosignatures=[early], **asked) == {"not-witnessed"}
    final = university.see("poll", Shown(lines))
    with witness.opened(tmp_path / "other", university.name) as other:
        forged = other.see("poll", Shown(lines))
    assert archive_found(lines, cosignatures=[forged], **asked) == {"not-witnessed"}
    for part, value in (("root", "ab" * 32), ("size", final["size"] - 1), ("is_final", 0), ("kid", "press"), ("extra", 1)):
        assert archive_found(lines, cosignatures=[{**final, part: value}], **asked) == {"not-witnessed"}
    two = {"witnesses": {**asked["witnesses"], "press": "ab" * 32}}
    assert archive_found(lines, cosignatures=[final], **two) == {"not-witnessed"}
    assert archive_found(lines, cosignatures=[early, forged, final], **asked) == set()
