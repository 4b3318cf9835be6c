"""Sets of answers: which of true, false and unknown (None) something can come to."""

from __future__ import annotations

Answers = frozenset[bool | None]


def inverted(reached: Answers) -> Answers:
    """What the opposite can come to."""
    return frozenset(None if a is None else not a for a in reached)


def every_part(parts: list[Answers]) -> Answers:
    """What "all of these" can come to, the parts taken as independent."""
    found: set[bool | None] = set()
    if all(True in p for p in parts):
        found.add(True)
    if any(False in p for p in parts):
        found.add(False)
    if any(None in p for p in parts) and all(p - {False} for p in parts):
        found.add(None)
    return frozenset(found)
