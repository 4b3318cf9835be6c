"""``python -m bench``: a table of ratios, all from one run on one machine."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from .report import table
from .run import OUT, TINY, AnswersDiffer, Plan, keep, run


def main(words: list[str] | None = None) -> int:
    """Runs it; 1 where a requirement is missed, 2 where answers differ."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--json", action="store_true", help="the results as JSON instead of a table")
    parser.add_argument("--tiny", action="store_true", help="a few deals only: shows that it works")
    parser.add_argument("--out", type=Path, default=OUT, help="the folder that keeps the results (bench/out)")
    asked = parser.parse_args(words)
    try:
        results = run(TINY if asked.tiny else Plan())
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


if __name__ == "__main__":
    sys.exit(main())
