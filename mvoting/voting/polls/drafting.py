"""From what an author writes to a definition, and what is wrong with it. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from mvoting.voting import canonical
from mvoting.voting.methods.registry import METHODS, AnswerKind

K_OF_CITY, K_OF_CITIZENS, K_OF_ROOMS = 20, 5, 1
MAX_DEFINITION_OPTIONS = 400


def definition_content(body: Mapping[str, Any], *, by: str) -> dict[str, Any]:
    """Make a definition, without its poll id, from a checked body.

    Args: by: "city" or "citizen".
    """
    audience = {"trust": "member", **body["audience"]}
    least_k = K_OF_ROOMS if audience["kind"] == "room" else K_OF_CITY if by == "city" else K_OF_CITIZENS
    return {
        **_given(body, "title", "description", "picture", "links"),
        "by": by,
        "secrecy": "open",
        "figures": body["figures"],
        "changeable": body["is_changeable"],
        "min_turnout": body["min_turnout"],
        "k": max(least_k, body.get("k", 0)),
        "audience": audience,
        "questions": [_question(number, question) for number, question in enumerate(body["questions"], 1)],
    }


def content_problems(content: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Give what is wrong with a definition: place, Korean, English."""
    if sum(len(question["options"]) for question in content["questions"]) > MAX_DEFINITION_OPTIONS:
        yield "questions", "선택지가 모두 합해 너무 많습니다.", "There are too many options in all."
    for question in content["questions"]:
        for korean, english in _question_problems(question):
            yield question["id"], korean, english
    yield from _audience_problems(content["audience"])


def longest_ballot_bytes(content: Mapping[str, Any]) -> int:
    """Give the size of the longest ballot in canonical JSON, which a sealed ballot's padding must hold."""
    longest = {}
    for question in content["questions"]:
        options = [option["id"] for option in question["options"]]
        most = max(question.get("max_score", 0), question.get("max_points", 0), 1000)
        longest[question["id"]] = {
            AnswerKind.RANKING: [[option] for option in options],
            AnswerKind.SCORES: dict.fromkeys(options, most),
            AnswerKind.CHOICE: options,
        }[METHODS[question["method"]].answers[-1]]
    return len(canonical.encode(longest))


def picture_ids(content: Mapping[str, Any]) -> list[str]:
    """List the pictures that a definition names."""
    holders = [content, *content["questions"], *(option for q in content["questions"] for option in q["options"])]
    return sorted({holder["picture"] for holder in holders if holder.get("picture")})


def _question(number: int, body: Mapping[str, Any]) -> dict[str, Any]:
    settings = _given(body, "min_choices", "max_choices", "max_score", "max_points", "budget", "equal_ranks")
    return {
        "id": f"q{number}",
        **_given(body, "title", "description", "picture", "links"),
        "method": body["method"],
        "seats": body["seats"],
        "blank": body["is_blank_allowed"],
        "shuffled": body["is_shuffled"],
        **settings,
        "options": [
            {"id": f"o{place}", **_given(option, "title", "description", "picture", "links", "cost")}
            for place, option in enumerate(body["options"], 1)
        ],
    }


def _given(body: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: body[name] for name in names if body.get(name) not in (None, [], "")}


def _question_problems(question: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    method, options = METHODS[question["method"]], question["options"]
    least, most = question.get("min_choices", 1), question.get("max_choices", len(options))
    if method.one_seat and question["seats"] != 1:
        yield "이 방식은 하나만 뽑습니다.", "This method has one winner."
    if not method.needs_costs and question["seats"] > len(options):
        yield "뽑을 수가 선택지보다 많습니다.", "There are more seats than options."
    if not 1 <= least <= most <= len(options):
        yield "고를 수 있는 개수의 범위가 올바르지 않습니다.", "The range of choices is not possible."
    if method.name == "plurality" and (least, question.get("max_choices", 1)) != (1, 1):
        yield "하나 고르기에서는 하나만 고를 수 있습니다.", "Plurality means exactly one choice."
    if "equal_ranks" in question and AnswerKind.RANKING not in method.answers:
        yield "같은 순위는 순위 투표에만 쓸 수 있습니다.", "Equal ranks belong to rankings."
    has_costs = [option.get("cost") is not None for option in options]
    if method.needs_costs and not (all(has_costs) and question.get("budget")):
        yield "예산 투표에는 예산과 모든 사업의 비용이 있어야 합니다.", "A budget question needs a budget and every cost."
    if not method.needs_costs and (any(has_costs) or "budget" in question or "max_points" in question):
        yield "비용, 예산, 점수 한도는 예산 투표에만 씁니다.", "Costs, budget and points belong to budget questions."
    if "max_points" in question and AnswerKind.SCORES not in method.answers:
        yield "이 방식에는 점수 투표를 쓸 수 없습니다.", "This method does not count points."


def _audience_problems(audience: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    allowed = {
        "profile": {"districts", "birth_years", "genders", "tags"},
        "on_site": {"by", "latitude_e6", "longitude_e6", "radius_m"},
    }.get(audience["kind"], set())
    if set(audience) - {"kind", "trust"} - allowed:
        yield "audience", "이 대상에는 쓸 수 없는 조건이 있습니다.", "A condition does not belong to this audience."
    if audience["kind"] == "profile" and not set(audience) & allowed:
        yield "audience", "대상 조건을 하나 이상 정해 주세요.", "Give at least one condition."
    years = audience.get("birth_years")
    if years and years[0] > years[1]:
        yield "audience", "태어난 해의 범위가 거꾸로입니다.", "The years of birth are the wrong way round."
    if audience["kind"] == "on_site":
        place = {"latitude_e6", "longitude_e6", "radius_m"} & set(audience)
        if audience.get("by") not in ("code", "distance") or len(place) != (3 if audience["by"] == "distance" else 0):
            yield "audience", "현장 투표의 확인 방법을 정해 주세요.", "Say how presence is checked: by code, or by distance."
