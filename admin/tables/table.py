"""A list as a file: who may have it, its columns, its rows page by page."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from admin.words import actor, say
from mvoting.accounts import staff_management
from mvoting.core.pagination import LIMIT_MAX

Query = Mapping[str, str]
Row = list[Any]
Page = tuple[list[dict[str, Any]], str | None]
Column = tuple[str, str]

ID, TITLE, STATE, MADE = ("번호", "id"), ("제목", "title"), ("상태", "state"), ("만든 때", "made at")
NAME, ACTIVE = ("이름", "name"), ("켜짐", "active")


@dataclass(frozen=True)
class Table:
    """A list as a file.

    Args: filters: names of the address's arguments that choose rows; columns: (Korean, English) heads.
    """

    name: tuple[str, str]
    roles: tuple[str, ...]
    filters: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: Callable[[Query], Iterator[Row]]

    def heads(self) -> list[str]:
        """Give the columns' heads in the reader's language."""
        return [say(*column) for column in self.columns]


def staff_namer() -> Callable[[str | None], str | None]:
    """Give a function that names staff members by their ids, asking once for each; for one making of a table."""
    known: dict[str, str | None] = {}

    def name(staff_id: str | None) -> str | None:
        if not staff_id:
            return None
        if staff_id not in known:
            known[staff_id] = staff_management.names([staff_id]).get(staff_id)
        return known[staff_id] or actor(staff_id)

    return name


def every(read: Callable[[str | None], Page]) -> Iterator[dict[str, Any]]:
    """Give every row of a paged list."""
    after = None
    while True:
        found, after = read(after)
        yield from found
        if after is None:
            return


def fields(read: Callable[..., Page], *names: str) -> Callable[[Query], Iterator[Row]]:
    """Give rows of these fields of a list that has no filters."""

    def rows(_query: Query) -> Iterator[Row]:
        for found in every(lambda after: read(after=after, limit=LIMIT_MAX)):
            yield [", ".join(value) if isinstance(value := found.get(name), list) else value for name in names]

    return rows
