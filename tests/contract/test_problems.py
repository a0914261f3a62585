"""The catalogue of problems: stable codes, a text in both languages, a status of refusal."""

import re

import pytest

from mvoting.core.problems import CATALOGUE, TooManyRequests

HANGUL = re.compile("[가-힣]")


def test_each_problem_speaks_both_languages(app):
    for code, problem in CATALOGUE.items():
        assert re.fullmatch(r"[a-z]+(\.[a-z0-9]+(-[a-z0-9]+)*)", code), code
        assert 400 <= problem.status <= 599, code
        assert HANGUL.search(problem.ko), code
        assert not HANGUL.search(problem.en), code
        # A member may itself be in two languages: {reason_ko} stands where {reason_en} does.
        assert set(re.findall(r"{(\w+?)(?:_ko)?}", problem.ko)) == set(re.findall(r"{(\w+?)(?:_en)?}", problem.en)), code


def test_each_field_of_a_text_has_an_example():
    for code, problem in CATALOGUE.items():
        named = {name.removesuffix("_ko") for name in re.findall(r"{(\w+)}", problem.ko.replace("{wait_ko}", "{retry_after_s}"))}
        assert named <= {name.removesuffix("_ko").removesuffix("_en") for name in problem.examples}, code
        assert "{" not in problem.example()["title"], code


def test_nobody_is_told_of_the_programs_names_first():
    """A header or a format may stand in a bracket at the end, for programmers; what comes before it is for people."""
    for code, problem in CATALOGUE.items():
        for text in (problem.ko, problem.en):
            for_people = re.sub(r"\s*\([^()]*\)\.?$", "", re.sub(r"{\w+}", "", text))
            assert not re.search(r"[A-Za-z]+-[A-Z]|[a-z]_[a-z]|ETag|cursor|JSON,", for_people), (code, for_people)
        assert problem.ko.endswith((".", ")", "}")), code
        assert problem.en.endswith((".", ")", "}")), code


@pytest.mark.parametrize(
    ("wait_s", "korean", "english"),
    [
        (1, "1초", "1 second"),
        (59, "59초", "59 seconds"),
        (60, "1분", "1 minute"),
        (61, "2분", "2 minutes"),
        (1740, "29분", "29 minutes"),
        (3600, "1시간", "1 hour"),
        (86400, "24시간", "24 hours"),
    ],
)
def test_a_wait_is_said_as_people_say_it(wait_s, korean, english):
    problem = TooManyRequests(retry_after_s=wait_s)
    assert f" {korean} 뒤에" in problem.document()["title"]
    assert problem.document()["retry_after_s"] == wait_s
    assert problem._written(problem.en, problem.members)["title"].endswith(f"in {english}.")
