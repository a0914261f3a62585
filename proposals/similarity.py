"""Words, stems and n-grams of Korean and English text, for search and for similar ideas.

Pure. Why n-grams and particle stripping rather than a morphological analyser: docs/PROPOSALS.md has the measured numbers.
Korean compounds have their head last, so a word also answers to its endings (심야버스 is a 버스, 어린이집 is not an 어린이).
"""

import re
import unicodedata

WORD = re.compile(r"[가-힣]+|[a-z0-9]+")
LONGEST_WORD = 20
MAX_TERMS = 100

PARTICLES = tuple(
    sorted(
        [
            "에서는",
            "에서도",
            "에게도",
            "으로도",
            "에서",
            "에게",
            "으로",
            "까지",
            "부터",
            "마다",
            "에도",
            "이나",
            "에는",
            "에만",
            "이랑",
            "한테",
            "처럼",
            "보다",
            "밖에",
            "을",
            "를",
            "은",
            "는",
            "이",
            "가",
            "의",
            "에",
            "도",
            "로",
            "와",
            "과",
            "만",
            "나",
            "랑",
        ],
        key=len,
        reverse=True,
    )
)

# Words that say "please do" in nearly every idea and so tell nothing about which idea it is.
FILLERS = frozenset(
    [
        "해",
        "주세요",
        "주세",
        "합니다",
        "합시다",
        "하자",
        "있어야",
        "있으면",
        "있었으면",
        "좋겠습니다",
        "좋겠어요",
        "했으면",
        "열었으면",
        "다녔으면",
        "만들어",
        "만들자",
        "만들어야",
        "설치",
        "설치해",
        "달아",
        "놓아",
        "더",
        "좀",
        "꼭",
        "위해",
        "위한",
        "수",
        "있게",
        "없게",
        "확대",
        "확대해",
        "확대합시다",
        "요청",
        "건의",
        "제안",
        "제안합니다",
        "추가",
        "늘려",
        "늘립시다",
        "줄여",
        "줄입시다",
        "넓혀",
        "우리",
        "동네",
        "너무",
        "필요합니다",
        "부족합니다",
        "개선",
        "지원",
        "지원을",
        "바꿔",
        "고쳐",
        "도입",
        "시행",
        "사업",
        "많이",
        "자주",
        "please",
        "the",
        "a",
        "an",
        "of",
        "in",
        "for",
        "to",
        "and",
        "more",
        "we",
        "need",
        "should",
    ]
)


def words(text: str) -> list[str]:
    """Split text into lower-case Hangul, Latin and digit words, in order."""
    return [word[:LONGEST_WORD] for word in WORD.findall(unicodedata.normalize("NFKC", text).lower())]


def is_hangul(word: str) -> bool:
    return "가" <= word[0] <= "힣"


def without_particle(word: str) -> str | None:
    """Take one particle off the end, if at least two syllables remain."""
    for particle in PARTICLES:
        if word.endswith(particle) and len(word) - len(particle) >= 2:
            return word[: -len(particle)]
    return None


def _english_stem(word: str) -> str:
    for ending, replacement in (("ies", "y"), ("ses", "s"), ("s", "")):
        if word.endswith(ending) and len(word) - len(ending) + len(replacement) >= 3:
            return word[: -len(ending)] + replacement
    return word


def forms(word: str) -> list[str]:
    """List the word and what it may be without particles, longest first."""
    if not is_hangul(word):
        return [_english_stem(word)]
    found, shorter = [word], without_particle(word)
    while shorter:
        found.append(shorter)
        shorter = without_particle(shorter)
    return found


def index_terms(text: str) -> list[str]:
    """List the distinct terms an idea is found by, first words first, at most `MAX_TERMS`."""
    found: dict[str, None] = {}
    previous = ""
    for word in words(text):
        for form in forms(word):
            found[form] = None
            if is_hangul(form) and len(form) >= 4:
                found[form[-2:]] = found[form[-3:]] = None
            if previous:
                found[(previous + form)[:LONGEST_WORD]] = None
        previous = word if is_hangul(word) and len(word) <= 4 else ""
    return list(found)[:MAX_TERMS]


def search_terms(query: str) -> list[list[str]]:
    """List, for every word of a query (at most eight), the terms of which a text must have one."""
    asked = words(query)[:8]
    wanted = []
    for position, word in enumerate(asked):
        joined = []
        if position:
            joined += [(asked[position - 1] + form)[:LONGEST_WORD] for form in forms(word)]
        if position + 1 < len(asked):
            joined += [(word + form)[:LONGEST_WORD] for form in forms(asked[position + 1])]
        wanted.append(list(dict.fromkeys(forms(word) + joined)))
    return wanted


def matches(query: str, text: str) -> bool:
    """Tell whether a text has every word of the query."""
    have = set(index_terms(text))
    return all(have.intersection(alternatives) for alternatives in search_terms(query))


def grams(text: str) -> frozenset[str]:
    """Pairs of letters over the stems of the words that say something, joined: spacing does not matter."""
    stems = (forms(word)[-1] for word in words(text) if word not in FILLERS)
    joined = "".join(stem for stem in stems if stem not in FILLERS)
    return frozenset(joined[i : i + 2] for i in range(len(joined) - 1))


def likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """Dice coefficient of two gram sets, 0 to 1."""
    return 2 * len(one & other) / (len(one) + len(other)) if one and other else 0.0


# The threshold with the best F1 on tests/data/similar_ideas_ko.tsv.
SIMILAR_FROM = 0.38
