"""The explanation of a count in words, Korean and English."""

from collections.abc import Mapping
from decimal import Decimal

from mvoting.voting.methods.types import Number, Sentence, decimal_text

TEMPLATES: dict[str, tuple[str, str]] = {
    "first-preferences": (
        "1순위를 세었습니다. 유효표 {0}표, 무효표와 기권표 {1}표입니다.",
        "First preferences were counted: {0} valid ballots, {1} blank or unclear.",
    ),
    "quota": (
        "뽑을 사람이 {0}명이고 유효표가 {1}표이므로 당선 기준은 {2}표입니다.",
        "With {0} seats and {1} valid ballots, {2} votes secure a seat.",
    ),
    "reached-quota": (
        "{o:이} {0}표를 얻어 당선 기준 {1}표에 이르렀습니다. 당선입니다.",
        "{o} has {0} votes, at least the {1} needed, and is elected.",
    ),
    "surplus": (
        "{o:이} 당선 기준을 넘겨 얻은 {0}표를 다음 순위로 넘겼습니다.",
        "The {0} votes that {o} had beyond the quota moved to the next preferences.",
    ),
    "eliminated": (
        "{o:이} {0}표로 가장 적어 탈락했습니다. 그 표는 다음 순위로 넘어갔습니다.",
        "{o} had the fewest votes, {0}, and was eliminated; those ballots moved to their next preferences.",
    ),
    "remaining": (
        "남은 자리와 남은 후보의 수가 같으므로 {o:이} {0}표로 당선되었습니다.",
        "As many seats as candidates remained, so {o} is elected with {0} votes.",
    ),
    "majority": (
        "{o:이} 남은 {1}표 가운데 절반이 넘는 {0}표를 얻어 당선되었습니다.",
        "{o} has {0} of the {1} ballots still in the count, more than half, and wins.",
    ),
    "no-votes": ("셀 표가 없어 결과를 정하지 않았습니다.", "There were no votes to count, so nothing was decided."),
    "tie-earlier-round": (
        "{all}의 표가 같아, 표 차이가 있던 가장 가까운 앞 단계를 따져 {o:으로} 정했습니다.",
        "{all} were level; the latest earlier round in which they differed decided: {o}.",
    ),
    "tie-lot": (
        "{all}의 표가 같아, 미리 알린 규칙에 따라 추첨한 결과 {o:으로} 정했습니다.",
        "{all} were level; the lot drawn by the announced rule fell on {o}.",
    ),
    "tie-head-to-head": (
        "{all}의 점수가 같아, 서로 견준 결과가 가장 나은 {o:으로} 정했습니다.",
        "{all} were level; {o} does best when they are compared with each other.",
    ),
    "tie-highest-scores": (
        "{all:이} 여전히 같아, 최고점을 가장 많이 받은 {o:으로} 정했습니다.",
        "{all} were still level; {o} received the most top scores.",
    ),
    "tie-higher-sum": (
        "{all}의 결선 표가 같아, 점수 합계가 높은 {o:으로} 정했습니다.",
        "{all} were level in the final; {o} has the higher sum of scores.",
    ),
    "pairs": (
        "투표지 {0}장(기권 {1}장 제외)에서 선택지를 둘씩 견주었습니다.",
        "On {0} ballots ({1} blank ones left out) every pair of options was compared.",
    ),
    "duel": (
        "{o:을} {other}보다 앞에 둔 표가 {0}표, 그 반대가 {1}표입니다.",
        "{0} ballots rank {o} above {other}, {1} the other way round.",
    ),
    "schulze-winner": (
        "{o:이} 다른 선택지 {0}개를 이겨 뽑혔습니다.",
        "{o} beats {0} of the other options and is chosen.",
    ),
    "plurality-totals": (
        "한 표씩 세었습니다. 유효표 {0}표, 기권 {1}표입니다.",
        "Each ballot gave one vote: {0} valid ballots, {1} blank.",
    ),
    "multiple-totals": (
        "고른 것마다 한 표씩 세었습니다. 유효 투표지 {0}장, 기권 {1}장입니다.",
        "Each chosen option got one vote: {0} valid ballots, {1} blank.",
    ),
    "approval-totals": (
        "찬성한 것마다 한 표씩 세었습니다. 유효 투표지 {0}장, 기권 {1}장입니다.",
        "Each approved option got one vote: {0} valid ballots, {1} blank.",
    ),
    "score-totals": (
        "점수를 더했습니다. 유효 투표지 {0}장, 기권 {1}장입니다.",
        "The scores were added up: {0} valid ballots, {1} blank.",
    ),
    "borda-totals": (
        "자기보다 뒤에 놓인 선택지 하나마다 1점, 같은 순위 하나마다 0.5점을 주었습니다. 유효 투표지 {0}장, 기권 {1}장입니다.",
        "Each option got a point for every option ranked below it and half a point for every one ranked equally: "
        "{0} valid ballots, {1} blank.",
    ),
    "plurality-winner": ("{o:이} {0}표로 가장 많은 표를 얻었습니다.", "{o} has the most votes, {0}."),
    "multiple-winner": ("{o:이} {0}표를 얻어 뽑혔습니다.", "{o} is chosen with {0} votes."),
    "approval-winner": ("{o:이} 찬성 {0}표를 얻어 뽑혔습니다.", "{o} is chosen with {0} approvals."),
    "score-winner": ("{o:이} 합계 {0}점으로 뽑혔습니다.", "{o} is chosen with a sum of {0}."),
    "borda-winner": ("{o:이} {0}점으로 뽑혔습니다.", "{o} is chosen with {0} points."),
    "finalist": ("{o:이} 합계 {0}점으로 결선에 올랐습니다.", "{o} reaches the final with a sum of {0}."),
    "star-winner": (
        "결선에서 {o:을} {other}보다 높게 매긴 표가 {0}표, 그 반대가 {1}표입니다. {o:이} 뽑혔습니다.",
        "In the final {0} ballots score {o} above {other} and {1} the other way round; {o} wins.",
    ),
    "budget-totals": (
        "유효 투표지 {0}장(기권 {1}장 제외)으로 예산 {2}을 나누었습니다.",
        "{0} ballots ({1} blank ones left out) decided on a budget of {2}.",
    ),
    "equal-share": (
        "예산 {0}을 투표한 {1}명에게 똑같이 나눈 뒤, 넘치지 않는 데까지 한 사람 몫을 {2}까지 늘려 계산했습니다.",
        "The budget of {0} was shared equally among {1} voters; each share was then raised as far as {2}, "
        "the last step that does not overspend.",
    ),
    "budget-funded": (
        "{o:이} {0}표를 얻어 {1}을 받습니다. 남은 예산은 {2}입니다.",
        "{o} has {0} votes and receives {1}; {2} is left.",
    ),
    "budget-too_costly": (
        "{o:은} {0}표를 얻었지만 비용 {1}이 남은 예산 {2}을 넘어 받지 못합니다.",
        "{o} has {0} votes but costs {1}, more than the {2} left.",
    ),
    "budget-share": (
        "{o:은} {0}표를 얻었지만 지지한 사람들의 몫이 비용 {1}에 미치지 못해 받지 못합니다.",
        "{o} has {0} votes, but its supporters' shares do not cover its cost of {1}.",
    ),
    "budget-no_votes": ("{o:은} 표를 얻지 못해 받지 못합니다.", "{o} has no votes and is not funded."),
    "budget-spent": (
        "모두 {0}개 사업에 {1}을 쓰고 {2}이 남습니다.",
        "In all {0} projects receive {1}; {2} is left.",
    ),
}

INVALID: dict[str, tuple[str, str]] = {
    "questions": (
        "모든 질문에 답하거나 기권을 표시해 주세요.",
        "Give an answer, or a blank one, to every question of this poll and to no other.",
    ),
    "blank": ("이 질문에는 기권할 수 없습니다.", "This question cannot be left blank."),
    "shape": ("이 투표 방식에 맞는 답이 아닙니다.", "The answer does not have the form that this voting method asks for."),
    "unknown-option": ("이 질문에 없는 선택지가 들어 있습니다.", "The answer names an option that this question does not have."),
    "twice": ("같은 선택지를 두 번 골랐습니다.", "An option is named twice."),
    "too-few": ("고른 선택지가 너무 적습니다.", "Too few options are chosen."),
    "too-many": ("고른 선택지가 너무 많습니다.", "Too many options are chosen."),
    "equal-ranks": ("두 선택지에 같은 순위를 줄 수 없습니다.", "Two options cannot share a rank here."),
    "score": ("점수가 정해진 범위를 벗어났습니다.", "A score is outside the range."),
    "points": (
        "나누어 준 점수의 합이 정해진 범위를 벗어났습니다.",
        "The points given are not between one and the most that may be shared out.",
    ),
}
"""Why an answer cannot be accepted: the reasons of `answers.invalid_reason`, Korean and English."""

PARTICLES = {"이": ("이", "가"), "은": ("은", "는"), "을": ("을", "를"), "으로": ("으로", "로")}


def say(sentence: Sentence, names: Mapping[str, str], language: str) -> str:
    """Render a sentence in "ko" or "en"; `names` gives each option's name in that language."""
    template = TEMPLATES[sentence.key][0 if language == "ko" else 1]
    joined = ", ".join(names[option] for option in sentence.others)
    return template.format(
        *(_grouped(number) for number in sentence.numbers),
        o=_Name(names[sentence.options[0]]) if sentence.options else "",
        other=_Name(joined),
        all=_Name(joined),
    )


class _Name(str):
    """A name that takes the Korean particle its last sound asks for: `{o:이}` gives 나무가 or 숲이."""

    def __format__(self, particle: str) -> str:
        return str(self) + (_particle(str(self), particle) if particle else "")


def _particle(name: str, particle: str) -> str:
    closed, open_ = PARTICLES[particle]
    last = next((letter for letter in reversed(name) if letter.isalnum()), "")
    if last in _DIGIT_CODAS:
        coda = _DIGIT_CODAS[last]
    elif "가" <= last <= "힣":
        coda = (ord(last) - ord("가")) % 28
    else:
        return f"{closed}({open_})"
    # 으로 loses its vowel after ㄹ (coda 8) too: 서울로.
    return open_ if coda == 0 or (particle == "으로" and coda == 8) else closed


_DIGIT_CODAS = dict(zip("0123456789", (21, 8, 0, 16, 0, 0, 1, 8, 8, 0), strict=True))
"""Final consonants of the Korean readings of digits: 영 일 이 삼 사 오 육 칠 팔 구."""


def _grouped(number: Number) -> str:
    text = decimal_text(number)
    whole, _, fraction = text.partition(".")
    fraction = fraction.rstrip("0")
    grouped = f"{Decimal(whole):,}"
    return f"{grouped}.{fraction}" if fraction else grouped
