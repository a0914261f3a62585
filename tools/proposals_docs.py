"""Draw the transition tables of docs/PROPOSALS.md from the code: `python tools/proposals_docs.py`."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "PROPOSALS.md"
BEGIN, END = "<!-- transitions: begin -->\n", "<!-- transitions: end -->\n"
sys.path.insert(0, str(ROOT))


def drawn(page: str) -> str:
    """Give the page with its transitions as the code has them now."""
    from proposals.ideas import pipeline

    before, _, rest = page.partition(BEGIN)
    after = rest.partition(END)[2]
    diagrams = "\n".join(f"```mermaid\n{pipeline.diagram_mermaid(name)}\n```\n" for name in pipeline.MOVES)
    return f"{before}{BEGIN}{pipeline.table_markdown()}\n{diagrams}{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(drawn(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
