"""What coaching costs: the plays that ship over the verdict sets of so many deals, given as columns.

Ten criteria a deal, 60 owners in 4 teams; a finding on every hundredth deal. Each size in a process of its own.
``read`` are the seconds until the first hundred conclusions with all their reasons are there.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from time import perf_counter

CHECKOUT = Path(__file__).resolve().parent.parent
TODAY = date(2026, 11, 23)
STATUSES = ("met", "unmet", "unknown", "not_applicable", "waived")
SHARES = (0.55, 0.2, 0.15, 0.07, 0.03)
CRITERIA = (
    "qualification.need-stated", "qualification.decides-how", "qualification.next-step-dated",
    "needs-assessment.recap-confirmed", "needs-assessment.stakeholders-engaged", "needs-assessment.impact-is-theirs",
    "proposal.reviewed-live", "proposal.decision-dated", "close.legal-step-owned", "close.start-dated",
)  # fmt: skip


@dataclass(frozen=True)
class Coached:
    """One run: deals, verdicts, conclusions, inferences made, seconds to conclude and to read, MB held at most."""

    deals: int
    verdicts: int
    conclusions: int
    inferences: int
    seconds: float
    read: float
    megabytes: float


def measured(deals: int) -> Coached:
    """So many deals, in a process of its own."""
    words = [sys.executable, "-m", "bench.coaching", str(deals)]
    done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=CHECKOUT)
    return Coached(**json.loads(done.stdout))


def _alone(deals: int) -> Coached:
    import resource

    import numpy as np
    import polars as pl

    from dealgate.documents.load import load_plays
    from dealgate.plays import Fact, Facts, Frame, Record, conclude

    random = np.random.default_rng(7)
    numbers = pl.int_range(deals, eager=True)
    base = pl.DataFrame(
        {
            "deal": pl.select("d" + numbers.cast(pl.String).str.zfill(7)).to_series(),
            "owner": pl.select("o" + (numbers % 60).cast(pl.String)).to_series(),
            "team": pl.select("t" + (numbers % 4).cast(pl.String)).to_series(),
        }
    )
    one = pl.Enum(list(CRITERIA))
    parts = []
    for name in CRITERIA:
        drawn = pl.Series("status", random.choice(len(STATUSES), deals, p=SHARES).astype("uint32"))
        status = drawn.replace_strict(dict(enumerate(STATUSES)), return_dtype=pl.Enum(list(STATUSES)))
        parts.append(base.with_columns(pl.lit(name, one).alias("criterion"), status))
    frame = pl.concat(parts)
    rules = ("single-threaded", "no-decision-owner", "ageing")
    items = [
        Fact("finding", rule=rules[n // 100 % 3], deal=f"d{n:07}", owner=f"o{n % 60}", team=f"t{n % 4}")
        for n in range(0, deals, 100)
    ]
    records = {("owner", f"o{n}"): Record(f"Owner {n}", team=f"t{n % 4}") for n in range(60)}
    looked_at = ["verdict", "finding", "event", "metric", "coaching_action"]
    plays = [found for name in ("coaching", "process") if (found := load_plays(name).plays) is not None]
    start = perf_counter()
    facts = Facts(items, looked_at, records, {"verdict": Frame(frame)})
    found = conclude(plays, facts, TODAY)
    middle = perf_counter()
    lines = sum(len(one.lines()) + len(one.deals()) for one in found.conclusions[:100])
    end = perf_counter()
    assert lines
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    held = most / 1e6 if sys.platform == "darwin" else most / 1000
    return Coached(deals, frame.height, len(found.conclusions), found.inferences, middle - start, end - middle, held)


def main() -> None:
    """Prints a line for each size."""
    for deals in (100_000, 1_000_000):
        got = measured(deals)
        print(
            f"{got.deals:>9,} deals {got.verdicts:>10,} verdicts {got.conclusions:>9,} conclusions "
            f"{got.inferences:>6,} inferences {got.seconds:6.2f} s, first hundred read {got.read:5.2f} s, "
            f"{got.megabytes:,.0f} MB"
        )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(asdict(_alone(int(sys.argv[1])))))
    else:
        main()
