"""Problems about casting."""

from typing import Any

from mvoting.core.problems import Problem
from mvoting.voting.methods import words

INVALID = {
    **words.INVALID,
    "choices-expected": (
        "봉인하지 않은 투표입니다. 선택한 내용을 그대로 보내 주세요.",
        "This poll takes choices, not a sealed ballot.",
    ),
    "sealed-expected": ("봉인한 표만 받는 투표입니다.", "This poll takes sealed ballots only."),
    "nonce-missing": ("임의값(nonce)이 빠졌습니다.", "The nonce is missing."),
    "not-base64url": ("봉인한 표의 글자(base64url)가 올바르지 않습니다.", "The sealed ballot is not base64url."),
    "sealed-length": ("봉인한 표의 길이가 이 투표와 다릅니다.", "A sealed ballot of this poll has another length."),
    "not-canonical": ("표에 쓸 수 없는 글자나 값이 들어 있습니다.", "The choices hold a letter or value that cannot be hashed."),
    "too-long": ("표의 내용이 너무 깁니다.", "The choices are too long."),
}


class DefinitionChanged(Problem):
    code, status = "voting.definition-changed", 409
    ko = "보고 계신 투표 내용이 최신이 아닙니다. 다시 불러온 뒤 투표해 주세요."
    en = "The poll you answered is not the current one. Load it again, then vote."


class RevisionConflict(Problem):
    code, status = "voting.revision-conflict", 409
    ko = "다른 기기에서 먼저 투표하거나 투표를 바꿨습니다. 그래도 바꾸려면 다시 확인해 주세요."
    en = "Your ballot was cast or changed elsewhere in the meantime. Confirm again if you still want to change it."


class CastIdReused(Problem):
    code, status = "voting.cast-id-reused", 409
    ko = "앞서 보낸 표가 이미 접수되었습니다. 바꾸려면 투표 화면을 새로 불러온 뒤 다시 투표해 주세요."
    en = "The ballot that you sent before was accepted already. To change it, load the poll again and vote anew."


class BallotFinal(Problem):
    code, status = "voting.ballot-final", 409
    ko = "이 투표는 한 번 제출하면 바꿀 수 없습니다. 먼저 접수된 표는 그대로 유효합니다."
    en = "In this poll a ballot cannot be changed once it is cast. The one accepted stays valid."


class TooManyChanges(Problem):
    code, status = "voting.too-many-changes", 409
    ko = "투표는 {limit}번까지만 바꿀 수 있습니다. 마지막으로 접수된 표는 그대로 유효합니다."
    en = "A ballot can be changed {limit} times. The last one accepted stays valid."
    examples = {"limit": 20}


class BallotWithdrawn(Problem):
    code, status = "voting.ballot-withdrawn", 409
    ko = "회원님의 표가 취소되어 이 투표에는 다시 참여할 수 없습니다. 사유는 투표의 공개 기록에 적혀 있으며, 궁금한 점은 투표 담당자에게 문의해 주세요."
    en = (
        "Your ballot in this poll was withdrawn by staff, so you cannot vote again. The reason stands on the "
        "poll's board; ask the poll's officers if in doubt."
    )


class NothingToWithdraw(Problem):
    code, status = "voting.nothing-to-withdraw", 409
    ko = "이 사람은 투표하지 않았거나 표가 이미 취소되었습니다."
    en = "This person has not voted, or the ballot was withdrawn before."


class DuplicateBallot(Problem):
    code, status = "voting.duplicate-ballot", 409
    ko = "똑같은 표가 이미 접수되었습니다. 투표 화면을 새로 불러온 뒤 다시 투표해 주세요."
    en = "This very ballot was already handed in. Load the poll again and vote anew."


class InvalidBallot(Problem):
    code, status = "voting.invalid-ballot", 422
    ko = "투표 내용을 확인해 주세요. {reason_ko}"
    en = "Please check your choices. {reason_en}"
    examples = {"reason": "too-many", "reason_ko": INVALID["too-many"][0], "reason_en": INVALID["too-many"][1]}

    def __init__(self, reason: str, *, question: str = "") -> None:
        """Say why by a key of `INVALID`, and in which question (its id) where it is one's."""
        korean, english = INVALID[reason]
        place: dict[str, Any] = {"question": question} if question else {}
        super().__init__(reason=reason, reason_ko=korean, reason_en=english, **place)
