"""A document's ``suits``: for which sales it is meant."""

from __future__ import annotations

from dealgate.model.suits import Suits

from .reader import Reader


def build_suits(reader: Reader) -> Suits | None:
    """What the map under ``suits`` says; None where there is none."""
    inner = reader.inner("suits")
    if inner.node is None:
        return None

    def whole(key: str, end: str) -> int | None:
        number = inner.inner(key).number(end)
        return None if number is None else int(number)

    cycle = inner.inner("cycle")
    return Suits(
        inner.text("why"),
        amount=(whole("amount", "from"), whole("amount", "to")),
        cycle=(cycle.duration("from"), cycle.duration("to")),
        buyers=inner.texts("buyers"),
        team=(whole("team", "from"), whole("team", "to")),
    )
