"""An operator's pen: writes archives that fit in every hash and signature, whatever they say."""

import base64
import json
import os
from copy import deepcopy

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mvoting.core import merkle
from mvoting.voting import canonical, statements
from mvoting.voting.ballots.leaf import open_leaf, sealed_leaf
from mvoting.voting.board import entries, ties
from mvoting.voting.board.verify import verify
from mvoting.voting.polls.definition import definition_hash
from mvoting.voting.sealing import hpke, trustees
from mvoting.voting.tally.counting import count_contents

KEY, KID = Ed25519PrivateKey.generate(), "k"
PADDED, ROLL = 64, 100
OPTIONS = [{"id": f"o{n}", "title": {"ko": f"{n}번"}} for n in (1, 2, 3)]
QUESTION = {"id": "q1", "title": {"ko": "질문"}, "method": "plurality", "seats": 1, "options": OPTIONS}
DEFINITION = {"poll": "poll", "title": {"ko": "투표"}, "secrecy": "open", "figures": "live", "k": 2, "changeable": True}
DEFINITION |= {"audience": {"kind": "everyone"}, "questions": [QUESTION], "min_turnout": 3}
VOTES = ["o1", "o1", "o2", "o1", "o3", "o2"]
HEAD = {"head": None}
"""Where the pen signs."""


def choice(option):
    return canonical.encode({"q1": [option]})


def definition_of(**changes):
    return deepcopy({**DEFINITION, **changes})


def opening(definition, **changes):
    stated = {name: definition.get(name) for name in ("audience", "sealing", "tie_commitment")}
    record = {"type": "opening", "poll_id": "poll", "definition_hash": definition_hash(definition), **stated}
    return {"entry": {**record, "roll": ROLL, "roll_of": "members", **changes}}


def ballot(definition, option, **entry):
    """Write one open ballot; `entry`: replaces=…."""
    nonce, content = os.urandom(16), choice(option)
    leaf = open_leaf(bytes.fromhex(definition_hash(definition)), content, nonce).hex()
    return {"entry": {"type": "ballot", "leaf": leaf, **entry}, "choices": json.loads(content), "nonce": nonce.hex()}


def closing(ballots, **changes):
    return {"entry": {"type": "closing", "roll": ROLL, "roll_of": "members", "ballots": ballots, **changes}}


def result(definition, lines, contents=None):
    """Count as the server does."""
    leaves = [bytes.fromhex(line["entry"]["leaf"]) for line in lines if line.get("entry", {}).get("type") == "ballot"]
    if contents is None:
        contents = [canonical.encode(line["choices"]) for line in lines if "choices" in line]
    counted = count_contents(definition, contents, seed=ties.tie_seed(leaves, b""))
    least = definition.get("min_turnout", 0)
    counted |= {"min_turnout": least, "is_valid": counted["ballots"] >= least, "changes": []}
    return {"entry": {"type": "result", "result": counted}}


def open_archive():
    """Write a board of six open ballots in two batches; gives definition and lines."""
    definition = definition_of()
    lines = [opening(definition), HEAD]
    for at, option in enumerate(VOTES):
        lines += [ballot(definition, option)] if at != 2 else [ballot(definition, option), HEAD]
    lines += [HEAD, closing(len(VOTES)), HEAD]
    return definition, [*lines, result(definition, lines), HEAD]


def sealed_archive():
    """Write a sealed board up to its final head; gives definition, lines and the trustees' shares (2 of 3 open it)."""
    ceremony, shares = trustees.deal("poll", 2, 3)
    sealing = {**ceremony.document(), "padded_bytes": PADDED, "recount": "trustees"}
    definition = definition_of(secrecy="sealed", figures="after_closing", sealing=sealing)
    return definition, sealed_lines(definition), shares


def sealed_lines(definition):
    """Write the board of a sealed poll with six ballots up to its final head."""
    raw, public_key = bytes.fromhex(definition_hash(definition)), bytes.fromhex(definition["sealing"]["public_key"])
    lines = [opening(definition), HEAD]
    for option in VOTES:
        sealed = hpke.seal_ballot(choice(option), public_key, hpke.sealing_info("poll", raw), PADDED)
        entry = {"type": "ballot", "leaf": sealed_leaf(raw, sealed).hex()}
        lines.append({"entry": entry, "sealed": base64.b64encode(sealed).decode()})
    return [*lines, HEAD, closing(len(VOTES)), HEAD]


def signed(definition, lines, key=KEY, kid=KID):
    """Give an archive's lines with the heads that fit them."""
    hashed, tree, number, is_final = definition_hash(definition), merkle.MemoryTree(), 0, 0
    out = [{"archive": 1, "definition": definition, "definition_hash": hashed, "keys": {kid: public(key)}}]
    for line in lines:
        if "entry" in line:
            tree.extend([merkle.leaf_hash(entries.entry_bytes(line["entry"]))])
            is_final |= line["entry"]["type"] == "closing"
            out.append(line)
            continue
        head = statements.TreeHead("poll", hashed, number, len(tree), tree.root().hex(), int(is_final))
        out.append({"head": statements.sign(head, key, kid)})
        number += 1
    return out


def public(key):
    return key.public_key().public_bytes_raw().hex()


def text(lines):
    """Write lines as the server does."""
    return [json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() for line in lines]


def found(raw_lines, **kept):
    """Name what the verifier finds in an archive's lines."""
    return {code for code, _ in verify([b"\n".join(raw_lines)], **kept).wrong}
