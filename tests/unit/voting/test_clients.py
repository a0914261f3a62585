"""The reference clients in docs/clients: both pass RFC 9180's vector, both give the same bytes, the server agrees."""

import base64
import importlib.util
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from mvoting.core import merkle
from mvoting.voting import canonical, statements
from mvoting.voting.ballots.leaf import open_leaf, sealed_leaf
from mvoting.voting.board.entries import entry_bytes
from mvoting.voting.polls.definition import definition_hash
from mvoting.voting.sealing import hpke, trustees

FOLDER = Path(__file__).resolve().parents[3] / "docs/clients"

# RFC 9180, appendix A.1.1 (base mode) and its first encryption
VECTOR = {
    "info": "4f6465206f6e2061204772656369616e2055726e",
    "skEm": "52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736",
    "pkEm": "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431",
    "pkRm": "3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d",
    "aad": "436f756e742d30",
    "pt": "4265617574792069732074727574682c20747275746820626561757479",
    "ct": "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a",
}


@pytest.fixture(scope="module")
def python_client():
    spec = importlib.util.spec_from_file_location("mvoting_client", FOLDER / "mvoting_client.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def javascript(script, **values):
    """Run a script with the JavaScript client as `m`; gives what it returns. Playwright brings a Node where none is."""
    node = shutil.which("node") or str(Path(importlib.util.find_spec("playwright").origin).parent / "driver/node")
    source = f"import * as m from {json.dumps((FOLDER / 'mvoting.mjs').as_uri())};\n"
    source += f"const v = {json.dumps(values)};\nconsole.log(JSON.stringify(await (async () => {{ {script} }})()));"
    done = subprocess.run(
        [node, "--input-type=module", "--no-warnings", "-e", source], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def poll():
    ceremony, shares = trustees.deal("01poll", 2, 3)
    definition = {
        "poll": "01poll",
        "title": {"ko": '버스 "심야"\n 😀', "en": "z"},
        "secrecy": "sealed",
        "changeable": True,
        "k": 20,
    }
    definition["sealing"] = {**ceremony.document(), "padded_bytes": 200, "recount": "public"}
    return definition, trustees.join(shares, ceremony)


CHOICES = {"q2": [["o1"], ["o3", "o2"]], "q1": None, "q10": {"o1": 5, "o2": -0}}


def test_rfc_9180_vector_in_python(python_client):
    v = {name: bytes.fromhex(value) for name, value in VECTOR.items()}
    ephemeral = X25519PrivateKey.from_private_bytes(v["skEm"])
    assert python_client.hpke_seal(v["pkRm"], v["info"], v["aad"], v["pt"], ephemeral) == v["pkEm"] + v["ct"]


def test_rfc_9180_vector_in_javascript():
    sealed = javascript(
        """const b = Object.fromEntries(Object.entries(v).map(([name, hex]) => [name, m.fromHex(hex)]));
        const pair = await m.pairFromBytes(b.skEm, b.pkEm);
        return m.toHex(await m.hpkeSeal(b.pkRm, b.info, b.aad, b.pt, pair));""",
        **VECTOR,
    )
    assert sealed == VECTOR["pkEm"] + VECTOR["ct"]


def test_both_seal_the_same_and_the_server_opens_it(python_client, poll):
    definition, private = poll
    ephemeral = X25519PrivateKey.from_private_bytes(bytes.fromhex(VECTOR["skEm"]))
    body, leaf = python_client.sealed_ballot(definition, CHOICES, cast_id="5f" * 16, ephemeral=ephemeral)
    theirs = javascript(
        """const pair = await m.pairFromBytes(m.fromHex(v.sk), m.fromHex(v.pk));
        return m.sealedBallot({definition: v.definition, choices: v.choices, castId: "5f".repeat(16), ephemeral: pair});""",
        sk=VECTOR["skEm"],
        pk=VECTOR["pkEm"],
        definition=definition,
        choices=CHOICES,
    )
    assert theirs == {"body": body, "leaf": leaf}
    hashed = bytes.fromhex(definition_hash(definition))
    ciphertext = base64.urlsafe_b64decode(body["sealed"] + "==")
    assert (body["definition_hash"], leaf) == (hashed.hex(), sealed_leaf(hashed, ciphertext).hex())
    assert hpke.open_ballot(ciphertext, private, hpke.sealing_info("01poll", hashed)) == canonical.encode(CHOICES)


def test_fresh_sealed_ballots_differ_and_open(poll):
    definition, private = poll
    script = "return Promise.all([1, 2].map(() => m.sealedBallot({definition: v.definition, choices: v.choices})));"
    first, second = javascript(script, definition=definition, choices=CHOICES)
    assert first["body"]["sealed"] != second["body"]["sealed"]
    info = hpke.sealing_info("01poll", bytes.fromhex(definition_hash(definition)))
    for made in (first, second):
        ciphertext = base64.urlsafe_b64decode(made["body"]["sealed"] + "==")
        assert hpke.open_ballot(ciphertext, private, info) == canonical.encode(CHOICES)


def test_open_ballots_have_the_server_s_leaf(python_client, poll):
    definition = poll[0]
    body, leaf = python_client.open_ballot(definition, CHOICES, cast_id="aa" * 16, nonce="bb" * 16)
    script = (
        'return m.openBallot({definition: v.definition, choices: v.choices, castId: "aa".repeat(16), nonce: "bb".repeat(16)});'
    )
    assert javascript(script, definition=definition, choices=CHOICES) == {"body": body, "leaf": leaf}
    hashed = bytes.fromhex(definition_hash(definition))
    assert leaf == open_leaf(hashed, canonical.encode(CHOICES), bytes.fromhex("bb" * 16)).hex()


def test_choices_that_do_not_fit_are_refused(python_client, poll):
    long = {"q1": ["o" * 200]}
    with pytest.raises(ValueError, match="longer"):
        python_client.sealed_ballot(poll[0], long)
    script = "try { await m.sealedBallot({definition: v.definition, choices: v.choices}); } catch (e) { return e.message; }"
    assert "longer" in javascript(script, definition=poll[0], choices=long)


def test_receipts_and_proofs_are_judged_alike(python_client):
    key = Ed25519PrivateKey.generate()
    keys = {"k": key.public_key().public_bytes_raw().hex()}
    receipt = statements.sign(statements.Receipt("p", "d", "5f" * 32, None), key, "k")
    public = [{"type": "ballot", "leaf": f"{n:064x}"} for n in range(13)]
    tree = merkle.MemoryTree(merkle.leaf_hash(entry_bytes(e)) for e in public)
    head = statements.sign(statements.TreeHead("p", "d", 3, 13, tree.root().hex(), 0), key, "k")
    good = [
        {"entry": e, "index": n, "head": head, "proof": [h.hex() for h in merkle.inclusion_proof(n, 13, tree.node)]}
        for n, e in enumerate(public)
    ]
    bad = [{**good[3], "index": 4}, {**good[3], "proof": good[3]["proof"][1:]}, {**good[3], "entry": public[4]}]
    bad += [{**good[3], "index": 13}, {**good[3], "proof": [*good[3]["proof"], "00" * 32]}]
    documents = [("receipt", receipt, True), ("head", head, True), ("head", receipt, False)]
    documents += [("receipt", {**receipt, "leaf": "00" * 32}, False), ("receipt", {**receipt, "kid": "x"}, False)]
    expected = {"signed": [good_one for *_, good_one in documents], "included": [True] * 13 + [False] * 5}
    ours = {
        "signed": [python_client.is_signed(kind, document, keys) for kind, document, _ in documents],
        "included": [python_client.is_included(one) for one in [*good, *bad]],
    }
    theirs = javascript(
        """return {signed: await Promise.all(v.documents.map(([kind, document]) => m.isSigned(kind, document, v.keys))),
        included: await Promise.all(v.proofs.map(m.isIncluded))};""",
        documents=documents,
        keys=keys,
        proofs=[*good, *bad],
    )
    assert ours == theirs == expected


def test_kept_heads_are_compared_alike_with_later_ones(python_client):
    tree = merkle.MemoryTree(merkle.leaf_hash(bytes([n])) for n in range(21))
    heads = [{"size": size, "root": tree.root(size).hex()} for size in range(22)]
    cases = []
    for later in (7, 8, 16, 21):
        for earlier in range(later + 1):
            proof = [h.hex() for h in merkle.consistency_proof(earlier, later, tree.node)]
            cases.append((heads[earlier], heads[later], proof, True))
            if earlier:
                cases.append(({**heads[earlier], "root": "00" * 32}, heads[later], proof, False))
            cases.append((heads[earlier], heads[later], [*proof, "00" * 32], False))
            if proof:
                cases.append((heads[earlier], heads[later], proof[1:], False))
                cases.append((heads[earlier], {**heads[later], "root": "00" * 32}, proof, False))
    cases.append((heads[9], heads[8], [], False))
    expected = [good for *_, good in cases]
    assert [python_client.is_consistent(*case[:3]) for case in cases] == expected
    theirs = javascript("return Promise.all(v.cases.map((case_) => m.isConsistent(case_[0], case_[1], case_[2])));", cases=cases)
    assert theirs == expected
