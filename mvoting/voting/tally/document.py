"""A count's result as a JSON document."""

from collections.abc import Mapping
from typing import Any

from mvoting.voting.methods.types import CountResult, Round, decimal_text
from mvoting.voting.methods.words import say

Names = Mapping[str, Mapping[str, str]]
"""Language → option id → name."""


def result_document(result: CountResult, names: Names) -> dict[str, Any]:
    """Describe a result by option ids, numbers as decimal text, every round with its explanation in Korean and English."""
    document: dict[str, Any] = {
        "method": result.method,
        "seats": result.seats,
        "ballots": result.ballots,
        "blank": result.blank,
        "winners": list(result.winners),
        "rounds": [_round(closed, names) for closed in result.rounds],
        "exhausted": decimal_text(result.exhausted),
    }
    if result.quota is not None:
        document["quota"] = decimal_text(result.quota)
    if result.ranking:
        document["ranking"] = [list(tier) for tier in result.ranking]
    if result.fundings:
        document["fundings"] = [
            {
                "option": funding.option,
                "cost": funding.cost,
                "votes": decimal_text(funding.votes),
                "funded": funding.is_funded,
                "reason": funding.reason,
                "left": funding.left,
            }
            for funding in result.fundings
        ]
    return document


def _round(closed: Round, names: Names) -> dict[str, Any]:
    return {
        "totals": {option: decimal_text(votes) for option, votes in closed.totals.items()},
        "elected": list(closed.elected),
        "eliminated": list(closed.eliminated),
        "exhausted": decimal_text(closed.exhausted),
        "rounding": decimal_text(closed.rounding),
        "ties": [{"between": list(tie.between), "drawn": tie.drawn, "by": tie.by} for tie in closed.ties],
        "explanation": {
            language: [say(sentence, names[language], language) for sentence in closed.sentences] for language in ("ko", "en")
        },
    }
