"""Finding polls by words of their titles."""

import pytest

from mvoting.voting.polls import searching


def titled(*titles):
    own, *questions = ({"ko": title} if isinstance(title, str) else title for title in titles)
    return {"title": own, "questions": [{"title": question} for question in questions]}


@pytest.mark.parametrize("words", ["야간", "야간 버스", "버스 야간", "간버", "NIGHT", "노선을", "밤", "  야간-버스! "])
def test_a_poll_is_found_by(words):
    letters = searching.letters_of(titled({"ko": "야간버스", "en": "Night bus"}, "어느 노선을, 밤에?"))
    assert set(searching.condition(words)["letters"]["$all"]) <= set(letters)


@pytest.mark.parametrize("words", ["주간", "버스야", "night train", "낮"])
def test_a_poll_is_not_found_by(words):
    letters = searching.letters_of(titled({"ko": "야간버스", "en": "Night bus"}, "어느 노선을, 밤에?"))
    assert not set(searching.condition(words)["letters"]["$all"]) <= set(letters)


def test_nothing_to_look_for_leaves_the_list_whole():
    assert searching.condition(" !? ") == {}


def test_long_definitions_keep_a_bounded_number_and_their_own_title_first():
    own, *others = ("".join(chr(0xAC00 + 200 * n + place) for place in range(200)) for n in range(21))
    letters = searching.letters_of(titled(own, *others))
    assert len(letters) == searching.KEPT_MAX
    assert set(searching.condition(own)["letters"]["$all"]) <= set(letters)
