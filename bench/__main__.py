"""``python -m bench``: a table of ratios, all from one run on one machine."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from time import perf_counter

from .run import OUT, TINY, AnswersDiffer, Plan, keep, run
from .shown import table


def main(words: list[str] | None = None) -> int:
    """Runs it; 1 where a requirement is missed, 2 where answers differ."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--json", action="store_true", help="the results as JSON instead of a table")
    parser.add_argument("--tiny", action="store_true", help="a few deals only: shows that it works")
    parser.add_argument(
        "--deals", type=_sizes, help="sizes of batches, as in 1,10000,1000000; from a file above 1000000"
    )
    parser.add_argument("--out", type=Path, default=OUT, help="the folder that keeps the results (bench/out)")
    asked = parser.parse_args(words)
    plan = TINY if asked.tiny else Plan()
    if asked.deals:
        plan = replace(plan, deals=asked.deals)
    start = perf_counter()
    try:
        results = run(plan, lambda what: print(f"{perf_counter() - start:4.0f} s  {what}", file=sys.stderr))
    except AnswersDiffer as trouble:
        print(trouble, file=sys.stderr)
        return 2
    path = keep(results, asked.out)
    if asked.json:
        print(json.dumps(results.plain(), indent=1, ensure_ascii=False))
    else:
        print("\n".join(table(results)))
    print(f"kept: {path.name}", file=sys.stderr)
    return 0 if asked.tiny or all(r.holds for r in results.requirements()) else 1


def _sizes(text: str) -> tuple[int, ...]:
    sizes = tuple(sorted({int(word) for word in text.split(",")}))
    if not sizes or sizes[0] < 1:
        raise ValueError("a number of deals is at least 1")
    return sizes


if __name__ == "__main__":
    sys.exit(main())
