"""RFC 6962 trees against public vectors, an independent implementation and their own definition."""

import base64
import json
import os
import pathlib
import random
from functools import partial

import pymerkle
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mvoting.core import merkle


def mth(leaves):
    """RFC 6962's own recursive definition, as plainly as it is written."""
    if len(leaves) == 0:
        return merkle.EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return merkle.node_hash(mth(leaves[:k]), mth(leaves[k:]))


def leaves_of(size):
    return [merkle.leaf_hash(n.to_bytes(4, "big")) for n in range(size)]


@given(st.integers(0, 700))
def test_every_way_to_a_root_agrees(size):
    leaves = leaves_of(size)
    tree = merkle.MemoryTree(leaves[: size // 3])
    tree.extend(leaves[size // 3 :])
    frontier = merkle.Frontier()
    for leaf in leaves:
        frontier.append(leaf)
    assert merkle.root_of(leaves) == mth(leaves) == tree.root() == frontier.root()


def test_every_inclusion_proof_up_to_70_leaves_holds_and_names_only_its_leaf():
    leaves = leaves_of(70)
    tree = merkle.MemoryTree(leaves)
    for size in range(1, 71):
        root = mth(leaves[:size])
        for index in range(size):
            proof = merkle.inclusion_proof(index, size, tree.node)
            merkle.verify_inclusion(leaves[index], index, size, proof, root)
            with pytest.raises(merkle.ProofError):
                merkle.verify_inclusion(leaves[(index + 1) % 71 % 70], index, size, proof, root)
            if proof:
                with pytest.raises(merkle.ProofError):
                    merkle.verify_inclusion(leaves[index], index, size, proof[:-1], root)
            with pytest.raises(merkle.ProofError):
                merkle.verify_inclusion(leaves[index], index, size, [*proof, root], root)


def test_every_consistency_proof_up_to_70_leaves_holds_and_no_bent_one_does():
    leaves = leaves_of(70)
    tree = merkle.MemoryTree(leaves)
    for size2 in range(71):
        for size1 in range(size2 + 1):
            root1, root2 = tree.root(size1), tree.root(size2)
            proof = merkle.consistency_proof(size1, size2, tree.node)
            merkle.verify_consistency(size1, size2, root1, root2, proof)
            for bent in ([*proof, root2], proof[1:] if proof else [root1]):
                with pytest.raises(merkle.ProofError):
                    merkle.verify_consistency(size1, size2, root1, root2, bent)
            if size1:
                with pytest.raises(merkle.ProofError):
                    merkle.verify_consistency(size1, size2, bytes(32), root2, proof)


def rfc_path(index, leaves):
    """PATH(m, D[n]) as RFC 6962, section 2.1.1, writes it."""
    if len(leaves) == 1:
        return []
    k = 1 << (len(leaves) - 1).bit_length() - 1
    if index < k:
        return [*rfc_path(index, leaves[:k]), mth(leaves[k:])]
    return [*rfc_path(index - k, leaves[k:]), mth(leaves[:k])]


def rfc_subproof(size1, leaves, whole=True):
    """SUBPROOF(m, D[n], b) as RFC 6962, section 2.1.2, writes it."""
    if size1 == len(leaves):
        return [] if whole else [mth(leaves)]
    k = 1 << (len(leaves) - 1).bit_length() - 1
    if size1 <= k:
        return [*rfc_subproof(size1, leaves[:k], whole), mth(leaves[k:])]
    return [*rfc_subproof(size1 - k, leaves[k:], False), mth(leaves[:k])]


def test_proofs_are_those_of_the_rfc_s_recursive_definitions():
    leaves = leaves_of(70)
    tree = merkle.MemoryTree(leaves)
    for size in range(1, 71):
        for index in range(size):
            assert merkle.inclusion_proof(index, size, tree.node) == rfc_path(index, leaves[:size])
            assert merkle.consistency_proof(index + 1, size, tree.node) == rfc_subproof(index + 1, leaves[:size])


@given(st.lists(st.integers(1, 900), min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_tiles_give_the_same_proofs_as_memory_also_when_a_step_is_done_twice(steps, rng):
    leaves = leaves_of(sum(steps))
    tree, tiles, size = merkle.MemoryTree(leaves), {}, 0
    for step in steps:
        fresh = leaves[size : size + step]
        done = merkle.extend_tiles({t: tiles[t] for t in merkle.edge_tiles(size)}, size, fresh)
        tiles.update(done)
        again = merkle.extend_tiles({t: tiles[t] for t in merkle.edge_tiles(size)}, size, fresh)
        assert again == done
        size += step
    node = merkle.node_in(tiles)
    assert merkle.fold([node(*n) for n in merkle.perfect_nodes(0, size)]) == tree.root()
    index, earlier = rng.randrange(size), rng.randrange(size + 1)
    wanted = merkle.tiles_for(lambda node: merkle.inclusion_proof(index, size, node))
    some = merkle.node_in({t: tiles[t] for t in wanted})
    assert merkle.inclusion_proof(index, size, some) == merkle.inclusion_proof(index, size, tree.node)
    assert merkle.consistency_proof(earlier, size, node) == merkle.consistency_proof(earlier, size, tree.node)


def test_two_tiles_for_each_256_fold_growth_are_enough_for_any_proof():
    for size in (10**3, 10**6, 256**3 + 12345):
        for index in random.Random(size).sample(range(size), 50):
            levels = (size - 1).bit_length() // merkle.TILE_HEIGHT + 1
            wanted = merkle.tiles_for(partial(merkle.inclusion_proof, index, size))
            assert len(wanted) <= 2 * levels


def test_a_root_hangs_on_the_edge_tiles_alone():
    leaves = leaves_of(70_000)
    for size in (1, 255, 256, 257, 65_535, 65_536, 65_792, 70_000):
        tiles = merkle.extend_tiles({}, 0, leaves[:size])
        edge = {tile: tiles[tile] for tile in merkle.edge_tiles(size)}
        assert merkle.root_in(size, merkle.node_in(edge)) == merkle.root_of(leaves[:size])


def test_a_tile_that_is_too_short_gives_no_node():
    tiles = merkle.extend_tiles({}, 0, leaves_of(100))
    with pytest.raises(LookupError):
        merkle.node_in(tiles)(0, 100)
    with pytest.raises(LookupError):
        merkle.node_in(tiles)(3, 12)


def test_pymerkle_computes_the_same_roots_and_proofs():
    """pymerkle (GPL) is an oracle in the tests only."""
    oracle = pymerkle.InmemoryTree(algorithm="sha256")
    entries = [os.urandom(20) for _ in range(130)]
    tree = merkle.MemoryTree(merkle.leaf_hash(e) for e in entries)
    for size, entry in enumerate(entries, 1):
        oracle.append_entry(entry)
        assert oracle.get_root(size) == tree.root(size)
    for index in range(0, 130, 7):
        proof = oracle.prove_inclusion(index + 1, 130)
        pymerkle.verify_inclusion(tree.node(0, index), tree.root(), proof)
        ours = merkle.inclusion_proof(index, 130, tree.node)
        assert [bytes.fromhex(h) for h in proof.serialize()["path"][1:]] == ours
    for size in range(1, 130, 9):
        pymerkle.verify_consistency(tree.root(size), tree.root(), oracle.prove_consistency(size, 130))


def test_arguments_outside_the_tree_are_refused():
    for index, size in ((-1, 4), (4, 4), (0, 0)):
        with pytest.raises(ValueError):
            merkle.inclusion_proof(index, size, lambda *_: bytes(32))
        with pytest.raises(merkle.ProofError):
            merkle.verify_inclusion(bytes(32), index, size, [], bytes(32))
    with pytest.raises(ValueError):
        merkle.consistency_proof(5, 4, lambda *_: bytes(32))
    with pytest.raises(merkle.ProofError):
        merkle.verify_consistency(0, 4, bytes(32), bytes(32), [])


def test_published_vectors_of_certificate_transparency(reference_data):
    vectors = json.loads(reference_data("merkle/ct_8leaf_roots.json").read_text())
    leaves = [merkle.leaf_hash(bytes.fromhex(h)) for h in vectors["leaves_hex"]]
    assert merkle.EMPTY_ROOT.hex() == vectors["empty_root"]
    assert [merkle.MemoryTree(leaves).root(n).hex() for n in range(1, 9)] == vectors["roots_hex"]


def test_every_inclusion_probe_is_judged_as_stated(reference_data):
    judged = [(p, probe_refused(p, _inclusion)) for p in sorted(reference_data("merkle/inclusion").rglob("*.json"))]
    assert len(judged) > 40
    assert [p.name for p, (wanted, refused) in judged if wanted != refused] == []


def test_every_consistency_probe_is_judged_as_stated(reference_data):
    judged = [(p, probe_refused(p, _consistency)) for p in sorted(reference_data("merkle/consistency").rglob("*.json"))]
    assert len(judged) > 40
    assert [p.name for p, (wanted, refused) in judged if wanted != refused] == []


def probe_refused(path: pathlib.Path, check):
    probe = json.loads(path.read_text())
    try:
        check(probe, [base64.b64decode(h) for h in probe["proof"] or []])
    except merkle.ProofError:
        return probe["wantErr"], True
    return probe["wantErr"], False


def _inclusion(probe, proof):
    leaf, root = base64.b64decode(probe["leafHash"]), base64.b64decode(probe["root"])
    merkle.verify_inclusion(leaf, probe["leafIdx"], probe["treeSize"], proof, root)


def _consistency(probe, proof):
    root1, root2 = base64.b64decode(probe["root1"] or ""), base64.b64decode(probe["root2"] or "")
    merkle.verify_consistency(probe["size1"], probe["size2"], root1, root2, proof)
