"""Merkle trees as in RFC 6962, section 2.1: hashes, proofs, their verification, and the tiles a server stores.

Pure. Hashes are 32 bytes of SHA-256. A *perfect node* (level, index) covers the leaves index·2^level … (index+1)·2^level − 1.
A *tile* (level, index) holds up to 256 neighbouring perfect nodes of tree level 8·level (the cut of C2SP's tlog-tiles),
so that any proof needs two tiles per 256-fold growth of the tree. Once full it holds the perfect nodes above them as well,
row by row up to its own root, so that a proof only looks them up.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from hashlib import sha256

HASH_BYTES = 32
TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
FULL_TILE_BYTES = (2 * TILE_WIDTH - 1) * HASH_BYTES
EMPTY_ROOT = sha256(b"").digest()

Hash = bytes
Node = tuple[int, int]
Tile = tuple[int, int]


class ProofError(ValueError):
    """A proof does not prove what it claims."""


def leaf_hash(entry: bytes) -> Hash:
    """Hash one entry of the log."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: Hash, right: Hash) -> Hash:
    """Hash two neighbouring subtrees."""
    return sha256(b"\x01" + left + right).digest()


def root_of(leaf_hashes: Iterable[Hash]) -> Hash:
    """Compute the tree head of a whole list of leaf hashes."""
    level = list(leaf_hashes)
    if not level:
        return EMPTY_ROOT
    while len(level) > 1:
        level = _next_level(level)
    return level[0]


def _next_level(level: list[Hash]) -> list[Hash]:
    # The odd last node rises unchanged, which is what RFC 6962's split at the largest power of two comes to.
    pairs = [sha256(b"\x01" + a + b).digest() for a, b in zip(level[::2], level[1::2], strict=False)]
    return pairs + level[-1:] if len(level) % 2 else pairs


# Proofs


def inclusion_proof(index: int, size: int, node: Callable[[int, int], Hash]) -> list[Hash]:
    """Give PATH(index, D[size]), which proves that leaf `index` is in the tree of `size` leaves; `node` gives perfect nodes.

    Raises: ValueError for an index outside the tree.
    """
    if not 0 <= index < size:
        raise ValueError("the leaf index lies outside the tree")
    return _path(0, index, size, node)


def consistency_proof(size1: int, size2: int, node: Callable[[int, int], Hash]) -> list[Hash]:
    """Give PROOF(size1, D[size2]), which proves that the tree of `size1` leaves is the beginning of the tree of `size2`.

    Raises: ValueError when the first tree is the larger one.
    """
    if not 0 <= size1 <= size2:
        raise ValueError("the first tree must not be larger than the second")
    if size1 in (0, size2):
        return []
    # The last perfect node of the first tree, and the way from there to the second root.
    level = (size1 & -size1).bit_length() - 1
    index = (size1 >> level) - 1
    return [node(level, index)][: index > 0] + _path(level, index, size2, node)


def _path(level: int, index: int, size: int, node: Callable[[int, int], Hash]) -> list[Hash]:
    """Give the hashes beside the way from a perfect node up to the root of the tree of `size` leaves."""
    # Where the ways of this node and of the last leaf meet: below, both neighbours are perfect; there, the right one holds the
    # last leaf and may be cut short; above, only left neighbours are left.
    meeting = (index ^ size - 1 >> level).bit_length()
    path = [node(level + up, index >> up ^ 1) for up in range(meeting - 1)]
    if meeting:
        start = (index >> meeting - 1 ^ 1) << level + meeting - 1
        path.append(fold([node(*n) for n in perfect_nodes(start, size)]))
    level, index = level + meeting, index >> meeting
    while index:
        if index & 1:
            path.append(node(level, index ^ 1))
        level, index = level + 1, index >> 1
    return path


def perfect_nodes(start: int, end: int) -> list[Node]:
    """Cut a leaf range into perfect nodes from left to right; `start` must be aligned to the range's size."""
    nodes = []
    while start < end:
        level = (end - start).bit_length() - 1
        if start:
            level = min(level, (start & -start).bit_length() - 1)
        nodes.append((level, start >> level))
        start += 1 << level
    return nodes


def fold(hashes: list[Hash]) -> Hash:
    """Join the hashes of `perfect_nodes`, in that order, to the hash of their range."""
    if not hashes:
        return EMPTY_ROOT
    joined = hashes[-1]
    for left in reversed(hashes[:-1]):
        joined = sha256(b"\x01" + left + joined).digest()
    return joined


# Verification: every length is checked, because a proof that is merely long enough can be bent


def verify_inclusion(leaf: Hash, index: int, size: int, proof: list[Hash], root: Hash) -> None:
    """Check that `leaf` is leaf `index` of the tree with `size` and `root` (RFC 9162, section 2.1.3.2).

    Raises: ProofError.
    """
    _require_hashes([leaf, root, *proof])
    if not 0 <= index < size:
        raise ProofError("the leaf index lies outside the tree")
    position, last, computed = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise ProofError("the proof is too long")
        if position & 1 or position == last:
            computed = node_hash(sibling, computed)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            computed = node_hash(computed, sibling)
        position, last = position >> 1, last >> 1
    if last:
        raise ProofError("the proof is too short")
    if computed != root:
        raise ProofError("the proof leads to another root")


def verify_consistency(size1: int, size2: int, root1: Hash, root2: Hash, proof: list[Hash]) -> None:
    """Check that the tree (size1, root1) is the beginning of (size2, root2) (RFC 9162, section 2.1.4.2).

    Raises: ProofError.
    """
    _require_hashes([root1, root2, *proof])
    if not 0 <= size1 <= size2:
        raise ProofError("the first tree is larger than the second")
    if size1 in (0, size2):
        _verify_trivial_consistency(size1, size2, root1, root2, proof)
        return
    hashes = list(proof)
    if size1 & (size1 - 1) == 0:
        hashes.insert(0, root1)
    if not hashes:
        raise ProofError("the proof is too short")
    position, last = size1 - 1, size2 - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    first = second = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            raise ProofError("the proof is too long")
        if position & 1 or position == last:
            first, second = node_hash(sibling, first), node_hash(sibling, second)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            second = node_hash(second, sibling)
        position, last = position >> 1, last >> 1
    if last:
        raise ProofError("the proof is too short")
    if first != root1 or second != root2:
        raise ProofError("the proof leads to other roots")


def _verify_trivial_consistency(size1: int, size2: int, root1: Hash, root2: Hash, proof: list[Hash]) -> None:
    if proof:
        raise ProofError("the proof is too long")
    if size1 == size2 and root1 != root2:
        raise ProofError("two trees of one size have different roots")
    if size1 == 0 and root1 != EMPTY_ROOT:
        raise ProofError("the empty tree has another root")


def _require_hashes(hashes: list[Hash]) -> None:
    if any(len(h) != HASH_BYTES for h in hashes):
        raise ProofError("a hash is not 32 bytes long")


# A tree in memory (the verifier) and a tree in tiles (the server)


class Frontier:
    """Compute the tree heads of a growing list of leaves in one pass; keeps one hash for each bit of the size."""

    def __init__(self) -> None:
        self.size = 0
        self._nodes: list[Hash] = []

    def append(self, leaf: Hash) -> None:
        """Append one leaf hash."""
        above = self.size
        while above & 1:
            leaf = sha256(b"\x01" + self._nodes.pop() + leaf).digest()
            above >>= 1
        self._nodes.append(leaf)
        self.size += 1

    def extend(self, leaves: bytes | bytearray) -> None:
        """Append leaf hashes that are joined one after the other."""
        for at in range(0, len(leaves), HASH_BYTES):
            self.append(bytes(leaves[at : at + HASH_BYTES]))

    def root(self) -> Hash:
        """Give the present tree head."""
        return fold(self._nodes)


class MemoryTree:
    """Keep every perfect node of a growing tree; 64 bytes a leaf and Python's own."""

    def __init__(self, leaf_hashes: Iterable[Hash] = ()) -> None:
        self._levels: list[list[Hash]] = [[]]
        self.extend(leaf_hashes)

    def __len__(self) -> int:
        return len(self._levels[0])

    def extend(self, leaf_hashes: Iterable[Hash]) -> None:
        """Append leaves and complete the perfect nodes above them."""
        self._levels[0].extend(leaf_hashes)
        depth = 0
        while len(below := self._levels[depth]) > 1:
            if len(self._levels) == depth + 1:
                self._levels.append([])
            above = self._levels[depth + 1]
            done = 2 * len(above)
            pairs = zip(below[done::2], below[done + 1 :: 2], strict=False)
            above.extend([sha256(b"\x01" + a + b).digest() for a, b in pairs])
            depth += 1

    def node(self, level: int, index: int) -> Hash:
        """Give one perfect node."""
        return self._levels[level][index]

    def root(self, size: int | None = None) -> Hash:
        """Give the tree head, now or when the tree had `size` leaves."""
        return root_in(len(self) if size is None else size, self.node)


def tile_of(level: int, index: int) -> Tile:
    """Name the tile from which a perfect node is computed."""
    return level // TILE_HEIGHT, index >> (TILE_HEIGHT - level % TILE_HEIGHT)


def tiles_for(work: Callable[[Callable[[int, int], Hash]], object]) -> set[Tile]:
    """Name the tiles that hold what `work` asks for, as in `tiles_for(lambda node: inclusion_proof(3, 10, node))`."""
    asked: set[Tile] = set()

    def note(level: int, index: int) -> Hash:
        asked.add(tile_of(level, index))
        return EMPTY_ROOT

    work(note)
    return asked


def root_in(size: int, node: Callable[[int, int], Hash]) -> Hash:
    """Compute the tree head of the first `size` leaves from perfect nodes."""
    return fold([node(*n) for n in perfect_nodes(0, size)])


def node_in(tiles: Mapping[Tile, bytes]) -> Callable[[int, int], Hash]:
    """Give a function that gives perfect nodes from stored tiles."""

    def node(level: int, index: int) -> Hash:
        tile, row = tiles[tile_of(level, index)], level % TILE_HEIGHT
        place = index % (TILE_WIDTH >> row)
        if len(tile) < FULL_TILE_BYTES:
            return _rows(tile)[row][place]
        start = (2 * TILE_WIDTH - (2 * TILE_WIDTH >> row) + place) * HASH_BYTES
        return tile[start : start + HASH_BYTES]

    return node


@lru_cache(maxsize=64)
def _rows(tile: bytes) -> list[list[Hash]]:
    """Compute the perfect nodes within a tile, row by row from its hashes up; of an edge, which all proofs ask for, once."""
    rows = [[tile[i : i + HASH_BYTES] for i in range(0, len(tile), HASH_BYTES)]]
    while len(below := rows[-1]) > 1 or len(rows) < TILE_HEIGHT:
        rows.append([sha256(b"\x01" + a + b).digest() for a, b in zip(below[::2], below[1::2], strict=False)])
    return rows


def edge_tiles(size: int) -> set[Tile]:
    """Name the unfilled tiles at the right edge of a tree of `size` leaves: what appending needs to read."""
    tiles, level = set(), 0
    while (count := size >> TILE_HEIGHT * level) or level == 0:
        if count % TILE_WIDTH:
            tiles.add((level, count // TILE_WIDTH))
        level += 1
    return tiles


def extend_tiles(edge: Mapping[Tile, bytes], size: int, leaf_hashes: list[Hash]) -> dict[Tile, bytes]:
    """Append leaves to a tree of `size` leaves and give the tiles that change.

    Hashes in `edge` beyond `size` are ignored, so that doing it again after an interruption gives the same tiles.
    """
    changed: dict[Tile, bytes] = {}
    level, incoming = 0, leaf_hashes
    while incoming:
        count = size >> TILE_HEIGHT * level
        tile, kept = count // TILE_WIDTH, count % TILE_WIDTH
        data = edge[level, tile][: kept * HASH_BYTES] if kept else b""
        data += b"".join(incoming)
        pieces = [data[i : i + TILE_WIDTH * HASH_BYTES] for i in range(0, len(data), TILE_WIDTH * HASH_BYTES)]
        finished = [_finished(piece) if len(piece) == TILE_WIDTH * HASH_BYTES else piece for piece in pieces]
        changed.update({(level, tile + n): piece for n, piece in enumerate(finished)})
        incoming = [piece[-HASH_BYTES:] for piece in finished if len(piece) == FULL_TILE_BYTES]
        level += 1
    return changed


def _finished(hashes: bytes) -> bytes:
    """Add to the hashes of a full tile the perfect nodes above them."""
    return b"".join(hash_ for row in _rows(hashes) for hash_ in row)
