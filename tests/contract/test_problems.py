"""The catalogue of problems: stable codes, a text in both languages, a status of refusal."""

import re

from mvoting.core.problems import CATALOGUE

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
        named = {name.removesuffix("_ko") for name in re.findall(r"{(\w+)}", problem.ko)}
        assert named == {name.removesuffix("_ko").removesuffix("_en") for name in problem.examples}, code
        assert "{" not in problem.example()["title"], code
