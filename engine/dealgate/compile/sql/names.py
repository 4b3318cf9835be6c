"""Names in SQL: of criteria's columns and of steps, short enough for every dialect and never twice the same."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from ..plan.plan import Plan
from .layout import DEALS, Need, needs

LONGEST = 63
"""Bytes of a name: PostgreSQL cuts off the rest in silence."""
RESERVED = (
    "id", "stage", "state", "group", "counted", "readiness", "readiness_done", "readiness_total", "deals", "deals_n",
)  # fmt: skip
"""What the query's own columns are called."""


def column_name(criterion: str) -> str:
    """The column of a criterion or framework: ``qualification.need-stated`` is ``qualification__need_stated``."""
    return short(criterion.replace(".", "__").replace("-", "_"))


def column_names(plan: Plan, read: Iterable[Need] | None = None) -> dict[str, str]:
    """The column of each criterion by its id; one that another already has gets a number behind it.

    ``read`` spares asking ``needs(plan)`` again.
    """
    names = Names([*RESERVED, *(n.column for n in (needs(plan) if read is None else read) if n.table == DEALS)])
    return {judged.criterion.id: names.give(column_name(judged.criterion.id)) for judged in plan.judged}


def short(name: str, longest: int = LONGEST) -> str:
    """A name of at most so many bytes: a longer one ends in a digest of the whole."""
    if len(name.encode()) <= longest:
        return name
    digest = sha256(name.encode()).hexdigest()[:10]
    return f"{name.encode()[: longest - 11].decode(errors='ignore')}_{digest}"


class Names:
    """Names given so far; dialects do not all tell capitals from small letters, so neither does this."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = {name.lower() for name in taken}

    def give(self, wish: str) -> str:
        """The name, or the first free one like it."""
        name, count = short(wish), 1
        while name.lower() in self._taken:
            count += 1
            name = f"{short(wish, LONGEST - 1 - len(str(count)))}_{count}"
        self._taken.add(name.lower())
        return name
