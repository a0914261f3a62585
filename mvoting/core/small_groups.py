"""Hiding small groups in a table of counts, so that nobody can be picked out of it, also not by subtracting. Pure.

Source: Hundepool et al., "Statistical Disclosure Control" (Wiley 2012), ch. 4: primary and secondary cell suppression.
"""

from collections.abc import Sequence

SHOWN_MIN = 10
Row = list[int | None]


def suppressed(table: Sequence[Sequence[int]], *, shown_min: int = SHOWN_MIN) -> list[Row]:
    """Give the table with every count from 1 to `shown_min` - 1 as None, and so many more that subtracting tells nothing.

    Totals of at least `shown_min` may be published beside it: what a line hides is two cells or more, and `shown_min` people
    or more, unless nobody else stands in that line.
    """
    shown: list[Row] = [[None if 0 < count < shown_min else count for count in row] for row in table]
    width = len(shown[0]) if shown else 0
    lines = [[(row, column) for column in range(width)] for row in range(len(shown))]
    lines += [[(row, column) for row in range(len(shown))] for column in range(width)]
    is_settled = False
    while not is_settled:
        is_settled = True
        for line in lines:
            place = _also_to_hide(table, shown, line, shown_min)
            if place is not None:
                shown[place[0]][place[1]] = None
                is_settled = False
    return shown


def _also_to_hide(
    table: Sequence[Sequence[int]], shown: list[Row], line: list[tuple[int, int]], shown_min: int
) -> tuple[int, int] | None:
    """Give one more place of a line to hide: its smallest group, or an empty place where there is no other."""
    hidden = [(row, column) for row, column in line if shown[row][column] is None]
    left = sorted((place for place in line if place not in hidden), key=lambda place: table[place[0]][place[1]])
    groups = [(row, column) for row, column in left if table[row][column] > 0]
    if not hidden or not left:
        return None
    if groups and (len(hidden) == 1 or sum(table[row][column] for row, column in hidden) < shown_min):
        return groups[0]
    return left[0] if len(hidden) == 1 else None
