"""Hiding small groups in a table of counts, so that nobody can be picked out of it, also not by subtracting. Pure.

Source: Hundepool et al., "Statistical Disclosure Control" (Wiley 2012), ch. 4: primary and secondary cell suppression.
"""

from collections.abc import Sequence

SHOWN_MIN = 10
Row = list[int | None]


def suppressed(table: Sequence[Sequence[int]], *, shown_min: int = SHOWN_MIN) -> list[Row]:
    """Give the table with every count below `shown_min` as None, and so many more that subtracting tells nothing.

    Totals of rows and columns may then be published beside it: what a line hides is two cells or more, and `shown_min`
    people or more, unless the whole line is hidden.
    """
    shown: list[Row] = [[count if count >= shown_min else None for count in row] for row in table]
    width = len(shown[0]) if shown else 0
    lines = [[(row, column) for column in range(width)] for row in range(len(shown))]
    lines += [[(row, column) for row in range(len(shown))] for column in range(width)]
    is_settled = False
    while not is_settled:
        is_settled = True
        for line in lines:
            hidden = [(row, column) for row, column in line if shown[row][column] is None]
            left = [place for place in line if place not in hidden]
            together = sum(table[row][column] for row, column in hidden)
            if hidden and left and (len(hidden) == 1 or together < shown_min):
                row, column = min(left, key=lambda place: table[place[0]][place[1]])
                shown[row][column] = None
                is_settled = False
    return shown
