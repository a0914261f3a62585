from pathlib import Path

import pytest

from proposals import similarity

DATA = Path(__file__).parents[2] / "data"


def rows(name):
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if not line.startswith("#")]


def quality(name):
    right = {"tp": 0, "fp": 0, "fn": 0, "tn": 0}
    for one, other, same, _ in rows(name):
        found = similarity.likeness(similarity.grams(one), similarity.grams(other)) >= similarity.SIMILAR_FROM
        right[("t" if found == (same == "1") else "f") + ("p" if found else "n")] += 1
    return 2 * right["tp"] / (2 * right["tp"] + right["fp"] + right["fn"]), right


def test_the_labelled_set_is_large_enough():
    assert len(rows("similar_ideas_ko.tsv")) >= 60


def test_similar_ideas_are_told_from_others_on_the_labelled_set():
    f1, counts = quality("similar_ideas_ko.tsv")
    assert f1 >= 0.87, counts


def test_similar_ideas_are_told_from_others_on_pairs_never_tuned_on():
    f1, counts = quality("similar_ideas_held_out_ko.tsv")
    assert f1 >= 0.75, counts


@pytest.mark.parametrize(("query", "text", "found"), rows("search_ko.tsv"))
def test_search_finds_the_word_and_not_its_neighbour(query, text, found):
    assert similarity.matches(query, text) == (found == "1")


def test_nothing_is_like_nothing():
    assert similarity.likeness(similarity.grams(""), similarity.grams("해 주세요")) == 0.0


def test_terms_are_bounded_and_plain_text():
    terms = similarity.index_terms('{"$gt": ""} ' + "가나다라마바사" * 5000 + " ".join(f"낱말{n}번" for n in range(500)))
    assert len(terms) == similarity.MAX_TERMS
    assert all(len(term) <= similarity.LONGEST_WORD and "$" not in term for term in terms)
