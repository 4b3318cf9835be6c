"""The conformance of an adapter as text: the sentences by part of the contract, and under one that fails, why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from ....sync.conformance import Result
from ..clean import one_line
from ..explain import wrapped
from ..width import width

MARKS = {"passed": "✓", "failed": "✗", "skipped": "–"}


def render(name: str, results: Sequence[Result]) -> str:
    """The sentences, then the counts."""
    lines, about, wide = list[str](), "", width(100)
    for one in results:
        if one.check.about != about:
            about = one.check.about
            lines += ["", about]
        for text, indent in _told(one):
            lines += wrapped(text, wide, indent)
    return "\n".join([f"Adapter check of {one_line(name)}", *lines, "", _sum(results)])


def _told(one: Result) -> Iterator[tuple[str, str]]:
    """Lines with the indent that they go on with."""
    yield f"  {MARKS[one.state]} {one_line(one.check.sentence)}", "    "
    if one.state == "skipped":
        yield f"    Not tried: {one_line(one.reason)}.", "    "
    if one.state == "failed":
        yield f"    expected  {one_line(one.expected)}", "              "
        yield f"    came      {one_line(one.came)}", "              "
        yield f"    → {one_line(one.mend)}", "      "
        yield f"    again: --only {one.check.id}", "    "


def _sum(results: Sequence[Result]) -> str:
    counts = Counter(one.state for one in results)
    held, failed, skipped = (counts[state] for state in ("passed", "failed", "skipped"))
    tried = held + failed
    if not tried:
        return "No check could be tried."
    said = f"{held} of {tried} checks hold" if failed else f"All {held} checks hold" if held > 1 else "The check holds"
    return f"{said}{f'; {skipped} could not be tried' if skipped else ''}."
