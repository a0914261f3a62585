"""What a check found. Pure."""

from dataclasses import dataclass, field

MOST = 1000


@dataclass
class Report:
    """What was checked (code → figure) and what is wrong: (code, what exactly)."""

    checked: dict[str, int] = field(default_factory=dict)
    wrong: list[tuple[str, str]] = field(default_factory=list)

    def fail(self, code: str, detail: str = "") -> None:
        """Note something wrong; after a thousand the rest is left out."""
        if len(self.wrong) < MOST:
            self.wrong.append((code, detail))
