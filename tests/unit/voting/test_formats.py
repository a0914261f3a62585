"""Election files: what is written is read back; what is broken is named by its line; nothing hangs or crashes."""

import gzip
import io
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mvoting.voting.formats import election as elections
from mvoting.voting.formats import json_text, lines
from mvoting.voting.formats.election import Ballot, CannotCarry, Election, FormatError
from mvoting.voting.formats.registry import FORMATS, format_of, read_file
from tests.reference import reference_data

HANGS_MS = 20_000  # what hangs needs hours
drawn = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])

NAMES = ("나무", 'ABDUL "THE ROCK"', "O'Neil, J.", "Café")


def ids(kind):
    return list(NAMES) if kind == "csv" else ["1", "2", "3", "4"] if kind not in ("abif",) else ["o1", "o2", "o3", "o4"]


@st.composite
def ballots_of(draw, options, *, tied=True, complete=False, scored=False):
    order = draw(st.permutations(options))[: len(options) if complete else draw(st.integers(1, len(options)))]
    tiers, left = [], list(order)
    while left:
        size = draw(st.integers(1, len(left))) if tied else 1
        tiers.append(tuple(sorted(left[:size])))
        left = left[size:]
    if not scored:
        return Ballot(tuple(tiers))
    scores = {option: 10 - place for place, tier in enumerate(tiers) for option in tier}
    return Ballot(tuple(tiers), tuple(sorted(scores.items())))


def election_of(kind, counted, **more):
    options = ids(kind)
    names = dict(zip(options, NAMES, strict=True))
    return Election(names, elections.Counter(counted), "봄 선거", **more)


def read(kind, texts):
    return FORMATS[kind].read(enumerate(texts, start=1))


@pytest.mark.parametrize(
    ("kind", "tied", "complete"),
    [
        ("blt", True, False),
        ("abif", True, False),
        ("soc", False, True),
        ("soi", False, False),
        ("toc", True, True),
        ("toi", True, False),
        ("csv", True, False),
        ("json", True, False),
    ],
)
@drawn
@given(data=st.data())
def test_rankings_survive_a_journey(kind, tied, complete, data):
    ballot = ballots_of(ids(kind), tied=tied, complete=complete)
    counted = data.draw(st.dictionaries(ballot, st.integers(1, 10**6), min_size=1, max_size=8))
    written = election_of(kind, counted)
    again = read(kind, list(FORMATS[kind].write(written)))
    if kind == "csv":  # holds no order of options and only those that a ballot names
        assert set(again.names) <= set(NAMES)
    else:
        assert again.names == written.names
    assert again.ballots == written.ballots


@pytest.mark.parametrize("kind", ["abif", "csv", "json"])
@drawn
@given(data=st.data())
def test_scores_survive_a_journey(kind, data):
    counted = data.draw(st.dictionaries(ballots_of(ids(kind), scored=True), st.integers(1, 99), min_size=1, max_size=8))
    again = read(kind, list(FORMATS[kind].write(election_of(kind, counted))))
    assert again.ballots == elections.Counter(counted)


@drawn
@given(data=st.data())
def test_budgets_survive_a_journey(data):
    chosen = st.lists(st.sampled_from(ids("pb")), min_size=1, unique=True).map(lambda options: Ballot((tuple(sorted(options)),)))
    counted = data.draw(st.dictionaries(chosen, st.integers(1, 5), min_size=1, max_size=6))
    costs = dict(zip(ids("pb"), (10, 20, 30, 40), strict=True))
    written = election_of("pb", counted, costs=costs, budget=60)
    again = read("pb", list(FORMATS["pb"].write(written)))
    assert (again.ballots, again.costs, again.budget) == (written.ballots, costs, 60)


@pytest.mark.parametrize("kind", ["soc", "soi"])
def test_what_a_format_cannot_carry_is_said(kind):
    tied = election_of(kind, {Ballot((("1", "2"), ("3",), ("4",))): 1})
    with pytest.raises(CannotCarry) as refused:
        list(FORMATS[kind].write(tied))
    assert "to" in refused.value.en
    with pytest.raises(CannotCarry):
        list(FORMATS["pb"].write(tied))


LIKELY = {
    "blt": '0123456789 \n"=-#()',
    "abif": ':>=,/[]{}"# \nab120',
    "soi": "#: ,{}\n0123ALTERNATIVE NAME",
    "csv": 'rank123,"\nweight AB',
    "pb": "META\nPROJECTS\nVOTES;,key123 vote_type",
    "json": '{}[]":,01 ranking',
}
START = {
    "blt": ["3 2"],
    "abif": [],
    "soi": ["# NUMBER ALTERNATIVES: 2", "# ALTERNATIVE NAME 1: a", "# ALTERNATIVE NAME 2: b"],
    "csv": ["rank1,rank2,weight"],
    "pb": [
        "META",
        "key;value",
        "budget;10",
        "vote_type;approval",
        "PROJECTS",
        "project_id;cost",
        "1;5",
        "VOTES",
        "voter_id;vote",
    ],
    "json": [],
}


@pytest.mark.parametrize("kind", list(LIKELY))
@settings(deadline=HANGS_MS, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_nothing_crashes_a_parser(kind, data):
    text = data.draw(st.text(alphabet=LIKELY[kind], max_size=80) | st.text(max_size=40))
    started = START[kind] if data.draw(st.booleans()) else []
    election, error = outcome(lambda: read(kind, [*started, *text.split("\n")]))
    if error:
        assert 0 <= error.line <= len(started) + text.count("\n") + 1
        assert error.ko
        assert error.en
    else:
        known = set(election.names)
        assert all({o for tier in ballot.ranking for o in tier} <= known for ballot in election.ballots)


def outcome(reading):
    """Give what was read, or the one error that may come instead."""
    try:
        return reading(), None
    except FormatError as error:
        return None, error


@settings(deadline=HANGS_MS, max_examples=200)
@given(data=st.binary(max_size=200))
def test_nothing_crashes_the_reader_of_lines(data):
    texts, error = outcome(lambda: list(lines.read_lines(io.BytesIO(data))))
    assert error.ko if error else all(isinstance(text, str) for _, text in texts)


@pytest.mark.parametrize(
    ("kind", "texts", "line"),
    [
        ("blt", ["2 1", "1 3 0", "0", '"a"', '"b"'], 2),
        ("blt", ["2 1", "1 1", "0"], 2),
        ("blt", ["2 1", "x 1 0", "0"], 2),
        ("blt", ["2 1", "1 1 0"], 2),
        ("blt", ["2 1", "1 1 0", "0", '"a"'], 4),
        ("blt", ["1001 1"], 1),
        ("abif", ["=a:[A]", "5:a>>b"], 2),
        ("abif", ["3.5:a>b"], 1),
        ("soi", ["# ALTERNATIVE NAME 1: a", "2: 1,9"], 2),
        ("toi", ["# ALTERNATIVE NAME 1: a", "2: {1"], 2),
        ("csv", ["rank1,weight", "a,two"], 2),
        ("csv", ["a,b", "1,2,3"], 2),
        ("csv", ["a,a", "1,2"], 1),
        ("csv", ["rank1", '"open'], 2),
        ("pb", ["META", "key;value", "budget;x"], 3),
        ("pb", [*START["pb"], "7;9"], 10),
        ("json", ["{", '"options": [}'], 2),
    ],
)
def test_errors_name_the_line(kind, texts, line):
    with pytest.raises(FormatError) as refused:
        read(kind, texts)
    assert refused.value.line == line, refused.value


def test_withdrawn_candidates_leave_every_ballot():
    election = read("blt", ["3 1", "-2", "4 2 1 0", "1 2 0", "0", '"a"', '"b"', '"c"', '"t"'])
    assert election.names == {"1": "a", "3": "c"}
    assert election.ballots == {Ballot((("1",),)): 4, Ballot(()): 1}


def test_markers_and_weights_of_cast_vote_records():
    texts = ["Precinct,RANK1,Rank2,rank3,Weight", "7,a,a,undervote,3", "7,skipped,overvote,b,1", "7,,,,2"]
    election = read("csv", texts)
    assert election.ballots == {Ballot((("a",),)): 3, Ballot((("b",),)): 1, Ballot(()): 2}


def test_mixed_encodings_and_gzip(tmp_path):
    raw = "rank1\n나무\n".encode() + "숲\n".encode("cp949")
    for name, data in (("a.csv", raw), ("b.csv.gz", gzip.compress(raw)), ("c.csv", b"\xef\xbb\xbf" + raw)):
        (tmp_path / name).write_bytes(data)
        assert set(read_file(tmp_path / name).names) == {"나무", "숲"}


def test_large_and_broken_files_are_refused_in_time(tmp_path, monkeypatch):
    (tmp_path / "long.csv").write_bytes(b"rank1\n" + b"a" * 2_000_000)
    (tmp_path / "cut.csv.gz").write_bytes(gzip.compress(b"rank1\na\n" * 1000)[:-9])
    (tmp_path / "zero.blt").write_bytes(b"\0\0")
    (tmp_path / "latin.csv").write_bytes(b"rank1\n\xe9\xff\n")
    (tmp_path / "deep.json").write_text("[" * 100_000)
    for path in tmp_path.iterdir():
        with pytest.raises(FormatError):
            read_file(path)
    monkeypatch.setattr(lines, "MAX_FILE_BYTES", 1000)
    (tmp_path / "bomb.csv.gz").write_bytes(gzip.compress(b"rank1\n" + b"a\n" * 100_000))
    with pytest.raises(FormatError) as refused:
        read_file(tmp_path / "bomb.csv.gz")
    assert "too large" in refused.value.en
    monkeypatch.setattr(json_text, "MAX_JSON_CHARACTERS", 100)
    with pytest.raises(FormatError):
        read("json", [json.dumps({"options": ["x" * 200]})])


def test_a_file_of_nothing_but_different_ballots_is_refused(monkeypatch):
    monkeypatch.setattr(elections, "MAX_MARKS", 50)
    texts = ["rank1,rank2,rank3", *(f"{a},{b},{c}" for a in "abcd" for b in "efgh" for c in "ijkl")]
    with pytest.raises(FormatError) as refused:
        read("csv", texts)
    assert "different" in refused.value.en


def test_a_name_must_announce_a_format():
    assert format_of("A.BLT.GZ") == "blt"
    with pytest.raises(FormatError):
        format_of("notes.txt")


@pytest.mark.usefixtures("reference_data")
def test_a_real_file_survives_every_format_that_can_carry_it():
    election = read_file(reference_data("irv/burl2009.abif"))
    for kind in ("blt", "toi", "csv", "json", "abif"):
        again = read(kind, list(FORMATS[kind].write(election)))
        assert sorted(_named(again)) == sorted(_named(election)), kind


def _named(election):
    return [
        (tuple(tuple(sorted(election.names[o] for o in tier)) for tier in ballot.ranking), times)
        for ballot, times in election.ballots.items()
    ]
