"""Process tests for a person: what failed, expected against actual, with the trace; then the sums."""

from __future__ import annotations

from collections.abc import Sequence

from ....decide.cases import Uncovered
from ...testing import Suite


def render(suites: Sequence[Suite], gaps: Sequence[tuple[str, Uncovered]] | None) -> str:
    """Failures in full, a line a document, and the coverage where it was asked for (``gaps`` not None)."""
    out: list[str] = []
    for suite in suites:
        for result in suite.results:
            if result.passed:
                continue
            place = suite.places[result.index] if result.index < len(suite.places) else suite.file
            out.append(f"{place}: {suite.subject}: {result.name}")
            out += [f"  {problem}" for problem in result.problems]
            for miss in result.mismatches:
                out.append(f"  {miss.what}: expected {miss.expected}, got {miss.actual}")
                out += [f"    {line}" for line in miss.trace]
        failed = sum(not r.passed for r in suite.results)
        cases = f"{len(suite.results)} case{'' if len(suite.results) == 1 else 's'}"
        told = f"{failed} of {cases} failed" if failed else f"{cases} passed"
        out.append(f"{suite.subject}: {told}")
    if gaps is not None:
        out += _coverage(gaps)
    return "\n".join(out)


def _coverage(gaps: Sequence[tuple[str, Uncovered]]) -> list[str]:
    missing = [f"  {name}: {gap.id} is never {' or '.join(gap.missing)}" for name, gap in gaps if gap.missing]
    never = [f"  {name}: {gap.id}: {', '.join(gap.unreachable)}" for name, gap in gaps if gap.unreachable]
    out = ["", "Coverage: no case expects", *missing] if missing else ["", "Coverage: complete."]
    return [*out, "", f"{len(never)} criteria have a verdict they can never reach:", *never] if never else out
