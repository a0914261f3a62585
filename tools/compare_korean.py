"""Compare ways to find similar Korean ideas on the labelled pairs: the numbers in docs/PROPOSALS.md.

Needs `pip install kiwipiepy==0.24.1`, which nothing else here does: `python tools/compare_korean.py`.
"""

import sys
from collections.abc import Callable
from pathlib import Path

from kiwipiepy import Kiwi

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from proposals import similarity  # noqa: E402  the package stands beside this folder

DATA = ROOT / "tests" / "data"
kiwi = Kiwi()


def rows(name: str) -> list[list[str]]:
    """Read a labelled file."""
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if not line.startswith("#")]


def pairs(text: str) -> set[str]:
    return {text[i : i + 2] for i in range(len(text) - 1)}


def nouns(text: str) -> set[str]:
    return {token.form for token in kiwi.tokenize(text) if token.tag in ("NNG", "NNP", "SL", "XR")}


METHODS: dict[str, Callable[[str], set[str] | frozenset[str]]] = {
    "letter pairs, plain": lambda text: pairs("".join(similarity.words(text))),
    "kiwipiepy nouns": nouns,
    "kiwipiepy nouns, letter pairs": lambda text: {pair for noun in nouns(text) for pair in pairs(noun) or {noun}},
    "letter pairs over stems": similarity.grams,
}


def f1(scored: list[tuple[float, bool]], threshold: float) -> float:
    right = sum(same for score, same in scored if score >= threshold)
    return 2 * right / (sum(score >= threshold for score, _ in scored) + sum(same for _, same in scored))


def main() -> None:
    """Print one line a method."""
    for name, method in METHODS.items():
        sets = []
        for file in ("similar_ideas_ko.tsv", "similar_ideas_held_out_ko.tsv"):
            sets.append([(similarity.likeness(method(a), method(b)), same == "1") for a, b, same, _ in rows(file)])
        tuned, held_out = sets
        best = max({score for score, _ in tuned}, key=lambda threshold: f1(tuned, threshold))
        wins = [(p > n) + (p == n) / 2 for p, yes in tuned if yes for n, other in tuned if not other]
        area = sum(wins) / len(wins)
        print(f"{name:32} F1 {f1(tuned, best):.2f}  area {area:.2f}  from {best:.2f}  held out F1 {f1(held_out, best):.2f}")
    wanted = rows("search_ko.tsv")
    right = sum((nouns(query) <= nouns(text)) == (found == "1") for query, text, found in wanted)
    print(f"search: kiwipiepy {right} of {len(wanted)}, ours {sum(similarity.matches(q, t) == (f == '1') for q, t, f in wanted)}")


if __name__ == "__main__":
    main()
