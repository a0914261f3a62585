"""What a poll's page of privacy says: from when nobody can tell whose ballot is whose, and who could before. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from mvoting.core.city_time import in_words

Sentence = tuple[str, str]
"""Korean and English."""

BEFORE: tuple[Sentence, ...] = (
    (
        "지금은 시의 서버를 운영하는 사람, 곧 데이터베이스(또는 그 백업)와 서버의 비밀 열쇠를 함께 가진 사람이 "
        "누가 어느 표를 냈는지 알아낼 수 있습니다. 둘 중 하나만 가진 사람은 알아낼 수 없습니다.",
        "For now whoever runs the city's server, that is, holds both the database (or a backup of it) and the server's secret, "
        "can find out whose ballot is whose. Holding one of the two is not enough.",
    ),
    (
        "마감 뒤 모든 표가 게시판에 오르고 마지막 머리에 서명하면, 표와 사람을 잇는 값을 지웁니다. "
        "그때부터는 데이터베이스로 누구의 표인지 알아낼 수 없습니다.",
        "After closing, once every ballot is on the board and the final head is signed, the value that links ballots to people is "
        "destroyed. From then on the database cannot tell whose ballot is whose.",
    ),
)
AFTER: tuple[Sentence, ...] = (
    (
        "{at}부터 데이터베이스로는 누구의 표인지 알아낼 수 없습니다. 표와 사람을 잇던 값을 그때 지웠습니다.",
        "Since {at} the database cannot tell whose ballot is whose: the value that linked them was destroyed then.",
    ),
    (
        "그 전에는 데이터베이스(또는 그 백업)와 서버의 비밀 열쇠를 함께 가진 사람, 곧 시의 운영자가 알아낼 수 있었습니다.",
        "Until then whoever held both the database (or a backup of it) and the server's secret, that is the city's operator, could.",
    ),
)
BACKUPS: Sentence = (
    "그 전에 만든 백업이 남아 있는 동안에는, 그 백업과 비밀 열쇠를 함께 가진 사람이 여전히 알아낼 수 있습니다. "
    "그래서 투표 기간의 백업은 정해진 날까지 지웁니다.",
    "As long as a backup from before exists, whoever holds it and the secret still can; so backups of a poll's time are deleted.",
)
OPEN: Sentence = (
    "이 투표는 공개 집계입니다. 서버는 표의 내용을 읽을 수 있으므로, 위의 기간에는 누가 무엇을 골랐는지까지 알아낼 수 있습니다.",
    "This poll is an open count: the server can read the choices, so in that time it can be found out who chose what.",
)
SEALED: Sentence = (
    "이 투표는 봉인 투표입니다. 신탁인 {trustees}명 가운데 {threshold}명이 열쇠 조각을 모으기 전에는 운영자도 내용을 읽을 수 없고, "
    "누가 투표했는지만 알아낼 수 있습니다.",
    "This poll is sealed: until {threshold} of {trustees} trustees join their shares not even the operator can read a choice, "
    "only find out who voted.",
)
NEVER: Sentence = (
    "표에는 시각도 주소도 적지 않으며, 낸 표의 내용은 본인에게도 다시 보여 주지 않습니다. 휴대전화에 남은 사본은 그 휴대전화에만 있습니다.",
    "A ballot holds no time and no address, and nobody is shown what was cast, the voter included. A copy is on the phone only.",
)
WATCHED: Sentence = (
    "이 투표의 게시판은 시 밖의 참관 서명자가 지켜봅니다. 지금 상태에 서명한 곳: {names}. "
    "어떤 사람에게 다른 게시판을 보여 주면 같은 곳의 서명을 함께 받을 수 없으므로, 서명을 대조하면 드러납니다.",
    "This poll's board is watched by witnesses outside the city. Its present state was signed by: {names}. Whoever is shown another "
    "board cannot be shown their signature with it, so comparing signatures brings it to light.",
)
UNWATCHED: Sentence = (
    "지금 상태의 게시판에 서명한 참관 서명자는 없습니다. 모두가 같은 게시판을 보았는지는 저마다 간직한 머리를 견주어 보아야 알 수 있습니다.",
    "No witness has signed the board's present state. Whether everybody was shown the same board can only be found out by comparing "
    "the heads that people kept.",
)


def statement(
    definition: Mapping[str, Any], final_head_at: datetime | None, witnesses: Sequence[str] | None = None
) -> dict[str, Any]:
    """Give what is to be said of one poll.

    Args: witnesses: who cosigned the board's latest head; None where there is no board.
    Returns: {"is_linkable", "unlinkable_since", "sentences": [{"ko", "en"}]}.
    """
    sealing = definition.get("sealing") or {}
    at = in_words(final_head_at, with_year=True) if final_head_at else {"ko": "", "en": ""}
    said = {
        "trustees": len(sealing.get("commitments", ())),
        "threshold": sealing.get("threshold", 0),
        "names": ", ".join(witnesses or ()),
    }
    kind = SEALED if definition["secrecy"] == "sealed" else OPEN
    watched = () if witnesses is None else (WATCHED if witnesses else UNWATCHED,)
    sentences = (*(AFTER if final_head_at else BEFORE), BACKUPS, kind, NEVER, *watched)
    return {
        "is_linkable": final_head_at is None,
        "unlinkable_since": final_head_at,
        "sentences": [
            {"ko": korean.format(**said, at=at["ko"]), "en": english.format(**said, at=at["en"])} for korean, english in sentences
        ],
    }
