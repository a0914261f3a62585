"""A result as a table. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from mvoting.core.tables import harmless

HEADER = ["question", "round", "option", "name_ko", "name_en", "votes", "outcome", "cost", "reason", "left"]


def result_rows(definition: Mapping[str, Any], result: Mapping[str, Any]) -> Iterator[list[str]]:
    """Give one row per question, round and option, header first; for budgets why a project is funded or not, what was left."""
    yield HEADER
    questions = {question["id"]: question for question in definition["questions"]}
    for counted in result["questions"]:
        titles = {option["id"]: option["title"] for option in questions[counted["id"]]["options"]}
        fundings = {funding["option"]: funding for funding in counted.get("fundings", [])}
        for number, closed in enumerate(counted["rounds"], start=1):
            for option in [*closed["totals"], *(o for o in closed["eliminated"] if o not in closed["totals"])]:
                outcome = "elected" if option in closed["elected"] else "eliminated" if option in closed["eliminated"] else ""
                title = titles[option]
                votes = closed["totals"].get(option, "")
                funding = fundings.get(option, {})
                yield [
                    counted["id"],
                    str(number),
                    option,
                    harmless(title["ko"]),
                    harmless(title.get("en", "")),
                    votes,
                    outcome,
                    *(str(funding.get(name, "")) for name in ("cost", "reason", "left")),
                ]
