"""Scene four: what the quarter will bring, and what of it is proven."""

from __future__ import annotations

from ..render.write import put
from . import Stage

METHODS = ("commit", "stage-weighted", "historical", "naive")
"""Those that need no second: the others draw, or learn from many past days."""
DEALS = 2
"""Deals that are called and not proven."""


def play(stage: Stage) -> None:
    """The methods, what is called beside what is proven, and what the quota of all reps takes."""
    from ...compile.frames import frames_of
    from ...forecast.methods import Asked
    from ...sources.open import Source
    from ..forecasting import seen, shown
    from ..past import of_file
    from ..reading import Read
    from ..render.forecast import table

    process = stage.playbook.process
    frames = frames_of([one.deal for one in stage.report.standings], process)
    read = Read(stage.playbook, Source(frames, process, found_by="demo", rows=len(frames)))
    past = of_file(read, stage.report.as_of)
    snapshot, words = seen(past, None, "amount")
    assert snapshot.period is not None
    first = snapshot.period.first
    quota = sum(one["amount"] for one in stage.company.quotas if one["period_start"] == first)
    target = str(quota) if quota else None
    asked = f"forecast --target {target}" if target else "forecast"
    methods = " ".join(f"--method {one}" for one in METHODS)
    stage.typed(f"{asked} \\\n    {methods}", "What the quarter will bring, and what of it is proven")
    put(table.short(shown(past, snapshot, words, METHODS, Asked(), (), target), DEALS), None, exact=True)
