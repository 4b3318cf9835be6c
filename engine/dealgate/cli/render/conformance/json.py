"""The conformance of an adapter as one JSON object (``schemas/output/adapter-check.schema.json``)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ....sync.conformance import Result
from ..clean import dumps


def render(name: str, results: Sequence[Result]) -> str:
    """The counts, and every check with what came of it."""
    counts = Counter(one.state for one in results)
    listed = [
        {
            "id": one.check.id, "about": one.check.about, "sentence": one.check.sentence, "state": one.state,
            "expected": one.expected or None, "came": one.came or None, "mend": one.mend or None,
            "reason": one.reason or None,
        }
        for one in results
    ]  # fmt: skip
    counted = {state: counts[state] for state in ("passed", "failed", "skipped")}
    return dumps({"rig": name, **counted, "checks": listed}, 1)
