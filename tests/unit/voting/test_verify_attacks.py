"""Whoever holds the board's key tries to have a wrong count pass `board verify`: nothing but the lie itself must be amiss."""

import copy
import gzip
import io
import json
import unicodedata

import pytest

from mvoting.voting.board.command import blocks
from mvoting.voting.board.verify import verify
from mvoting.voting.board.words import WRONG
from mvoting.voting.sealing import opened, trustees
from tests.unit.voting import operator as pen


@pytest.fixture
def board():
    return pen.open_archive()


def judged(definition, lines, **kept):
    codes = pen.found(pen.text(pen.signed(definition, lines)), **kept)
    assert codes <= WRONG.keys()
    return codes


def at(lines, kind):
    return next(n for n, line in enumerate(lines) if line.get("entry", {}).get("type") == kind)


def test_the_pen_writes_what_passes(board):
    assert judged(*board) == set()


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("is_valid", False),
        ("is_valid", 1),
        ("min_turnout", 7),
        ("invalid", 3),
        ("ballots", True),
        ("note", "사실은 2번이 이겼습니다."),
        ("questions", []),
    ],
)
def test_whatever_the_result_says_is_compared(board, part, value):
    definition, lines = board
    lines[at(lines, "result")]["entry"]["result"][part] = value
    assert judged(definition, lines) == {"wrong-result"}


@pytest.mark.parametrize("part", ["is_valid", "min_turnout", "changes", "invalid", "questions"])
def test_what_the_result_leaves_out_is_missed(board, part):
    definition, lines = board
    del lines[at(lines, "result")]["entry"]["result"][part]
    assert judged(definition, lines) == {"wrong-result"}


def spoil(question):
    yield lambda: question["rounds"][0]["explanation"]["ko"].append("2번이 당선되었습니다.")
    yield lambda: question["rounds"][0].update(exhausted="4")
    yield lambda: question["rounds"][0].update(rounding="1")
    yield lambda: question["rounds"][0]["ties"].append({"between": ["o1", "o2"], "drawn": "o1", "by": "lot"})
    yield lambda: question.update(method="approval")
    yield lambda: question.update(seats=2)
    yield lambda: question.update(quota="3")
    yield lambda: question.update(invalid=1)
    yield lambda: question.update(ranking=[["o2"], ["o1"]])
    yield lambda: question.update(fundings=[{"option": "o1", "funded": True}])


@pytest.mark.parametrize("which", range(10))
def test_every_part_of_a_question_s_result_is_compared(board, which):
    definition, lines = board
    list(spoil(lines[at(lines, "result")]["entry"]["result"]["questions"][0]))[which]()
    assert judged(definition, lines) == {"wrong-result"}


def test_a_question_answered_twice(board):
    """A program that reads the first answer and one that reads the last must not both be right."""
    definition, lines = board
    counted = lines[at(lines, "result")]["entry"]["result"]["questions"]
    counted.insert(0, {**copy.deepcopy(counted[0]), "winners": ["o2"]})
    assert judged(definition, lines) == {"wrong-result"}


# Order


def test_two_ballots_that_replace_each_other_and_vanish(board):
    definition, lines = board
    first, second = lines[2]["entry"], lines[3]["entry"]
    first["replaces"], second["replaces"] = second["leaf"], first["leaf"]
    for line in (lines[2], lines[3]):
        del line["choices"], line["nonce"]
    lines[at(lines, "closing")]["entry"]["ballots"] = 4
    lines[at(lines, "result")] = pen.result(definition, lines)
    assert "wrong-replacement" in judged(definition, lines)


def test_a_change_that_stands_before_what_it_replaces(board):
    definition, lines = board
    lines[3:3] = [pen.ballot(definition, "o2", replaces=lines[3]["entry"]["leaf"])]
    del lines[4]["choices"], lines[4]["nonce"]
    lines[at(lines, "result")] = pen.result(definition, lines)
    assert judged(definition, lines) == {"wrong-replacement"}


def test_a_withdrawn_ballot_that_comes_back_as_its_own_change(board):
    definition, lines = board
    leaf = lines[2]["entry"]["leaf"]
    del lines[2]["choices"], lines[2]["nonce"]
    reason = {"ko": "이중 등록"}
    lines[6:6] = [{"entry": {"type": "withdrawal", "leaf": leaf, "reason": reason}}, pen.ballot(definition, "o2", replaces=leaf)]
    lines[at(lines, "result")] = pen.result(definition, lines)
    assert judged(definition, lines) == {"wrong-replacement"}


@pytest.mark.parametrize("record", ["change", "withdrawal"])
def test_acts_of_staff_after_the_closing(board, record):
    definition, lines = board
    leaf = lines[2]["entry"]["leaf"]
    act = {"type": "change", "kind": "extended", "at": "2026-01-01T00:00:00+00:00", "reason": "?"}
    if record == "withdrawal":
        act = {"type": "withdrawal", "leaf": leaf, "reason": {"ko": "?"}}
        del lines[2]["choices"], lines[2]["nonce"]
        lines[at(lines, "closing")]["entry"]["ballots"] = 5
    lines.insert(at(lines, "closing") + 1, {"entry": act})
    lines[at(lines, "result")] = pen.result(definition, lines)
    if record == "change":
        told = {name: value for name, value in act.items() if name != "type"}
        lines[at(lines, "result")]["entry"]["result"]["changes"] = [told]
    assert "record-out-of-place" in judged(definition, lines)


def test_a_second_opening_and_a_record_after_the_result(board):
    definition, lines = board
    assert judged(definition, [*lines, copy.deepcopy(lines[0]), pen.HEAD]) == {"record-out-of-place"}
    assert "record-out-of-place" in judged(definition, [*lines, {"entry": {"type": "tie-seed", "seed": ""}}, pen.HEAD])


# People and batches


def test_a_bound_that_is_not_that_of_the_audience():
    definition = pen.definition_of(audience={"kind": "list"})
    _, lines = pen.open_archive()
    lines[2:] = [pen.ballot(definition, "o1"), pen.HEAD, pen.closing(1), pen.HEAD]
    lines[0] = pen.opening(definition)
    lines += [pen.result(definition, lines), pen.HEAD]
    assert judged(definition, lines) == {"no-roll"}, "a list's poll is bounded by the list, not by all members"
    lines[0], lines[4] = pen.opening(definition, roll=1, roll_of="list"), pen.closing(1, roll=5, roll_of="list")
    assert judged(definition, lines) == {"changed-roll"}
    lines[4] = pen.closing(1, roll=1, roll_of="list")
    assert judged(definition, lines) == set()


@pytest.mark.parametrize("k", [None, "2", 0, True, -1])
def test_a_poll_that_promises_no_size_of_its_batches(board, k):
    _, lines = board
    definition = pen.definition_of(k=k)
    ballots = [pen.ballot(definition, option) for option in pen.VOTES]
    lines = [pen.opening(definition), pen.HEAD, *ballots, pen.HEAD, pen.closing(6), pen.HEAD]
    assert judged(definition, [*lines, pen.result(definition, lines), pen.HEAD]) == {"small-batch"}


# Text that two programs read differently


def lines_of(board):
    return pen.text(pen.signed(*board))


def raw_at(raw, what):
    return next(n for n, line in enumerate(raw) if what in line)


def test_members_that_stand_twice(board):
    """The last of two equal names counts here, the first elsewhere: such a line is refused, wherever it is."""
    raw = lines_of(board)
    assert pen.found(raw) == set()
    ballot, result = raw_at(raw, b'"choices"'), raw_at(raw, b'"result":')
    for place, name, lie in [
        (0, b'"definition":', b'"definition":{},'),
        (0, b'"title":', b'"title":{"ko":"?"},'),
        (ballot, b'"choices":', b'"choices":{"q1":["o3"]},'),
        (ballot, b'"entry":', b'"entry":{"type":"ballot","leaf":"' + b"0" * 64 + b'"},'),
        (ballot, b'"nonce":', b'"nonce":"",'),
        (ballot, b'"leaf":', b'"leaf":"' + b"0" * 64 + b'",'),
        (result, b'"winners":', b'"winners":["o2"],'),
        (result, b'"entry":', b'"entry":{"type":"result","result":{}},'),
        (raw_at(raw, b'{"head"'), b'"root":', b'"root":"' + b"0" * 64 + b'",'),
    ]:
        bent = list(raw)
        bent[place] = bent[place].replace(name, lie + name, 1)
        assert "unreadable" in pen.found(bent), lie


def test_blanks_and_another_order_of_members_change_nothing(board):
    spelt = [json.dumps(line, ensure_ascii=True, sort_keys=True, indent=None).encode() for line in pen.signed(*board)]
    assert pen.found(spelt) == set()


@pytest.mark.parametrize(
    "bend",
    [
        lambda line: line.replace(b'{"q1":["o1"]}', b'{"q1":NaN}'),
        lambda line: line.replace(b'{"q1":["o1"]}', b'{"q1":["o1"],"q1":["o1"]}'),
        lambda line: line.replace(b'{"q1":["o1"]}', b'{"q1":[' * 3000 + b"]}" * 3000),
        lambda line: line.replace(b'{"q1":["o1"]}', b"[" * 200_000),
        lambda line: line[:-1] + b',"weight":5}',
        lambda line: line.replace(b'"type":"ballot"', b'"type":"ballot","weight":5'),
        lambda line: line + b"{}",
        lambda line: line + b" x",
        lambda line: b"\xef\xbb\xbf" + line,
        lambda line: line.decode().encode("utf-16"),
        lambda line: line.replace(b'"nonce":"', b'"nonce":" '),
        lambda line: line.replace(b'"o1"', b'"\\ud800"'),
        lambda line: b"[" * 200_000,
        lambda line: b"",
    ],
)
def test_ballots_spelt_in_ways_that_no_board_writes(board, bend):
    raw = lines_of(board)
    place = raw_at(raw, b'{"q1":["o1"]}')
    bent = bend(raw[place])
    assert bent != raw[place]
    assert pen.found([*raw[:place], bent, *raw[place + 1 :]]) != set()


def test_a_line_that_is_both_head_and_entry(board):
    signed = pen.signed(*board)
    place = next(n for n, line in enumerate(signed) if "head" in line)
    signed[place] = {**signed[place], "entry": {"type": "result", "result": {}}}
    assert "unreadable" in pen.found(pen.text(signed))
    record = next(n for n, line in enumerate(signed) if line.get("entry", {}).get("type") == "closing")
    signed[record] = {**signed[record], "choices": {"q1": ["o1"]}}
    assert "unreadable" in pen.found(pen.text(signed))


def test_the_same_letters_in_another_normal_form_are_another_definition(board):
    raw = lines_of(board)
    decomposed = unicodedata.normalize("NFD", raw[0].decode()).encode()
    assert decomposed != raw[0]
    assert "changed-definition" in pen.found([decomposed, *raw[1:]])


def test_an_archive_in_several_gzip_members_is_read_to_its_end(board):
    raw = b"\n".join(lines_of(board)) + b"\n"
    cut = len(raw) // 2
    parts = gzip.compress(raw[:cut]) + gzip.compress(raw[cut:])
    assert verify(blocks(io.BytesIO(parts))).wrong == []
    more = parts + gzip.compress(raw.splitlines(keepends=True)[3])
    assert {code for code, _ in verify(blocks(io.BytesIO(more))).wrong} >= {"duplicated-ballot", "entries-after-last-head"}
    for broken in (parts + b"and more", parts[:-9], gzip.compress(raw)[:-1]):
        with pytest.raises((OSError, EOFError)):
            list(blocks(io.BytesIO(broken)))


# Trustees


@pytest.fixture
def sealed():
    return pen.sealed_archive()


def opened_by(definition, lines, signers, patterns, spoiled=()):
    """Write what trustees hand in; `signers`: shares by the name under which the signature stands."""
    signed = pen.signed(definition, lines)
    root = [line["head"]["root"] for line in signed if "head" in line][-1]
    digest = opened.contents_digest(pen.definition_hash(definition), root, patterns, list(spoiled))
    signatures = {name: trustees.sign_contents(share, digest).hex() for name, share in signers.items()}
    record = {"type": "opened", "patterns": patterns, "spoiled": list(spoiled), "signatures": signatures}
    contents = [content.encode() for content, times in patterns for _ in range(times)]
    told = [*lines, {"entry": record}, pen.HEAD]
    return [*told, pen.result(definition, told, contents), pen.HEAD]


HONEST = [[pen.choice(option).decode(), pen.VOTES.count(option)] for option in ("o1", "o2", "o3")]
LIE = [[pen.choice("o2").decode(), 6]]


def test_one_trustee_is_not_two_by_writing_the_number_differently(sealed):
    definition, lines, shares = sealed
    assert judged(definition, opened_by(definition, lines, {"1": shares[0], "3": shares[2]}, HONEST)) == set()
    for other in ("01", "+1", " 1", "1_0", "1 "):
        told = opened_by(definition, lines, {"1": shares[0], other: shares[0]}, LIE)
        assert "opening-cannot-be-read" in judged(definition, told)
    assert "too-few-trustees" in judged(definition, opened_by(definition, lines, {"1": shares[0]}, LIE))


def test_one_share_is_not_two_either(sealed):
    definition, lines, shares = sealed
    definition["sealing"]["recount"] = "public"
    key = trustees.join(shares[:2], trustees.Ceremony.from_document({**definition["sealing"], "poll_id": "poll"}))
    lines[0] = pen.opening(definition)
    values = {"1": shares[0].value.hex(), "01": shares[0].value.hex()}
    record = {"type": "opened", "private_key": key.private_bytes_raw().hex(), "shares": values, "spoiled": []}
    assert "opening-cannot-be-read" in judged(definition, [*lines, {"entry": record}, pen.HEAD])


def test_a_count_that_everybody_was_to_repeat_but_only_trustees_signed(sealed):
    """The poll promised a public recount: contents that only a few people vouch for are not that, right as they may be."""
    _, _, shares = sealed
    definition = sealed[0]
    definition["sealing"]["recount"] = "public"
    lines = pen.sealed_lines(definition)
    assert judged(definition, opened_by(definition, lines, {"1": shares[0], "3": shares[2]}, HONEST)) == {"other-recount"}


def test_a_key_that_is_published_where_only_the_shuffled_contents_were_to_be(sealed):
    definition, lines, shares = sealed
    ceremony = trustees.Ceremony.from_document({**definition["sealing"], "poll_id": "poll"})
    key = trustees.join(shares[:2], ceremony).private_bytes_raw().hex()
    record = {"type": "opened", "private_key": key, "spoiled": []}
    record["shares"] = {str(share.index): share.value.hex() for share in shares[:2]}
    for more in ({}, {"patterns": HONEST}):
        assert "other-recount" in judged(definition, [*lines, {"entry": {**record, **more}}, pen.HEAD])


@pytest.mark.parametrize(
    ("patterns", "spoiled", "code"),
    [
        ([[pen.choice("o2").decode(), 8], [pen.choice("o1").decode(), -2]], [], "opening-cannot-be-read"),
        ([[pen.choice("o2").decode(), 3], [pen.choice("o2").decode(), 3]], [], "opening-cannot-be-read"),
        ([[pen.choice("o2").decode(), True], *HONEST[:1], *HONEST[2:]], [], "opening-cannot-be-read"),
        ([[pen.choice("o2").decode(), 5]], ["0" * 64], "wrong-spoiled-list"),
        ([[pen.choice("o2").decode(), 4]], ["leaf", "leaf"], "wrong-spoiled-list"),
        ([['{"q1": ["o2"]}', 6]], [], "wrong-spoiled-list"),
        ([['{"q1":["o9"]}', 6]], [], "wrong-spoiled-list"),
    ],
)
def test_contents_that_no_opening_gives_even_if_all_trustees_sign_them(sealed, patterns, spoiled, code):
    definition, lines, shares = sealed
    leaf = lines[2]["entry"]["leaf"]
    spoiled = [leaf if name == "leaf" else name for name in spoiled]
    told = opened_by(definition, lines, {str(s.index): s for s in shares}, HONEST)
    record = next(line["entry"] for line in told if line.get("entry", {}).get("type") == "opened")
    digest = opened.contents_digest(pen.definition_hash(definition), final_root(definition, lines), patterns, spoiled)
    signatures = {str(s.index): trustees.sign_contents(s, digest).hex() for s in shares}
    record |= {"patterns": patterns, "spoiled": spoiled, "signatures": signatures}
    assert code in judged(definition, told)


def final_root(definition, lines):
    return [line["head"]["root"] for line in pen.signed(definition, lines) if "head" in line][-1]
