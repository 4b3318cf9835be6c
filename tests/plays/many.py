"""Ten thousand inferences, each of other facts: run as a process of its own, prints what it cost."""

from __future__ import annotations

import json
import resource
import sys
from datetime import date
from itertools import islice, product
from pathlib import Path

from dealgate.documents.digest import digest
from dealgate.model.play import Need, Play, Plays
from dealgate.plays import Fact, Facts, conclude
from dealgate.plays.chain import using

CRITERIA = [f"q.c{n}" for n in range(14)]
BEFORE, MANY, AT_ONCE = 500, 10_000, 100


def play(number: int) -> Play:
    names = (CRITERIA[number], CRITERIA[(number + 3) % len(CRITERIA)])
    when = tuple(Need("verdict", tests=(("criterion", (name,)), ("status", ("unmet",)))) for name in names)
    more = (Need("conclusion", tests=(("pattern", (f"p{number - 1}",)),)),) if number % 2 else ()
    return Play(f"play-{number}", "T", "deal", when + more, f"p{number}", document="many")


def memory() -> int:
    """Resident bytes now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


def main() -> None:
    document = Plays("many", "Many", "1.0.0", tuple(play(n) for n in range(len(CRITERIA))))
    unmet = product((True, False), repeat=len(CRITERIA))
    made, fired, begun, start = 0, 0, 0, 0
    while made < BEFORE + MANY:
        facts = [
            Fact("verdict", criterion=name, status="unmet", deal=f"d{deal}")
            for deal, bits in enumerate(islice(unmet, AT_ONCE))
            for name, bit in zip(CRITERIA, bits, strict=True)
            if bit
        ]
        found = conclude(document, Facts(facts, ["verdict"]), date(2026, 11, 23))
        made += found.inferences
        fired += len(found.conclusions)
        if not begun and made >= BEFORE:
            begun, start = made, memory()
    grown = memory() - start
    with using(digest(document), document.plays) as chain:
        left = [s for s in range(1, made + 1) if chain.sessions(f"plays-{digest(document)}-0", f"s{s}")]
    sys.stdout.write(json.dumps({"inferences": made - begun, "grown": grown, "left": len(left), "fired": fired}))


if __name__ == "__main__":
    main()
