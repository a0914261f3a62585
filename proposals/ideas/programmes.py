"""Programmes: which pipeline an idea follows, its thresholds with their consequences, and its clocks. Data, not code."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from proposals.ideas.pipeline import MOVES


class Consequence(StrEnum):
    DEPARTMENT_REPLY = "department_reply"
    ADVANCE = "advance"
    MAYOR_REPLY = "mayor_reply"


class Counted(StrEnum):
    ENDORSEMENTS = "endorsements"
    DEBATERS = "debaters"


@dataclass(frozen=True, slots=True)
class Threshold:
    """When so many are reached, this follows.

    department_reply and mayor_reply promise a reply within `reply_days`; advance moves the idea on (event `reach`),
    which opens a debate of `debate_days` where the pipeline debates next, and promises a reply where `reply_days` is set.
    """

    counted: Counted
    count: int
    consequence: Consequence
    reply_days: int = 0
    debate_days: int = 0


@dataclass(frozen=True, slots=True)
class Programme:
    id: str
    name: dict[str, str]
    about: dict[str, str]
    pipeline: str
    collecting_days: int
    thresholds: tuple[Threshold, ...]
    remind_before_days: tuple[int, ...] = (7, 1)

    def to_document(self) -> dict[str, Any]:
        """Give the shape stored and shown: the same names, plain values."""
        return asdict(self) | {"thresholds": [asdict(threshold) for threshold in self.thresholds]}


OASIS = Programme(
    id="oasis",
    name={"ko": "천만상상 오아시스", "en": "Oasis"},
    about={
        "ko": "10일 안에 5명이 공감하면 담당 부서가 검토하고 답합니다. 실현회의에서 채택되면 실행 과정을 공개합니다.",
        "en": "Five endorsements within ten days bring a department's review and public reply; "
        "what the realisation meeting adopts is carried out in public.",
    },
    pipeline="oasis",
    collecting_days=10,
    thresholds=(Threshold(Counted.ENDORSEMENTS, 5, Consequence.ADVANCE, reply_days=14),),
)

DEMOCRACY_SEOUL = Programme(
    id="democracy-seoul",
    name={"ko": "민주주의 서울", "en": "Democracy Seoul"},
    about={
        "ko": "50명이 공감하면 담당 부서가 답하고, 100명이 공감하면 30일 동안 시민 토론이 열립니다. "
        "1,000명이 토론에 참여하면 시장이 답합니다.",
        "en": "At 50 endorsements the department replies; at 100 a debate of 30 days opens; "
        "at 1,000 participants the mayor replies.",
    },
    pipeline="democracy-seoul",
    collecting_days=30,
    thresholds=(
        Threshold(Counted.ENDORSEMENTS, 50, Consequence.DEPARTMENT_REPLY, reply_days=30),
        Threshold(Counted.ENDORSEMENTS, 100, Consequence.ADVANCE, debate_days=30),
        Threshold(Counted.DEBATERS, 1000, Consequence.MAYOR_REPLY, reply_days=30),
    ),
)

SEEDED = (OASIS, DEMOCRACY_SEOUL)


def programme_faults(document: dict[str, Any]) -> list[tuple[str, str]]:
    """List, in plain Korean and English, what is wrong with a programme a staff member wrote; empty when it can run."""
    faults = []
    if document["pipeline"] not in MOVES:
        names = ", ".join(MOVES)
        faults.append((f"절차는 {names} 가운데 하나여야 합니다", f"pipeline must be one of {names}"))
    if not 1 <= document["collecting_days"] <= 365:
        faults.append(("공감을 모으는 기간은 1일에서 365일까지입니다", "collecting_days must be 1 to 365"))
    by_endorsement = [t for t in document["thresholds"] if t["counted"] == Counted.ENDORSEMENTS]
    counts = [t["count"] for t in by_endorsement]
    if counts != sorted(set(counts)):
        faults.append(("공감 기준은 뒤로 갈수록 커야 합니다", "endorsement thresholds must rise"))
    if [t["consequence"] for t in by_endorsement].count(Consequence.ADVANCE) != 1:
        faults.append(
            (
                "제안을 다음 단계로 올리는 공감 기준이 꼭 하나 있어야 합니다",
                "exactly one endorsement threshold must advance the idea",
            )
        )
    elif by_endorsement[-1]["consequence"] != Consequence.ADVANCE:
        faults.append(
            ("제안을 다음 단계로 올리는 기준이 마지막이어야 합니다", "the threshold that advances the idea must be the last")
        )
    for threshold in document["thresholds"]:
        if threshold["consequence"] != Consequence.ADVANCE and not threshold["reply_days"]:
            count = threshold["count"]
            faults.append(
                (f"{count}명 기준이 답변을 약속하지만 기한이 없습니다", f"the threshold of {count} promises a reply without days")
            )
    return faults
