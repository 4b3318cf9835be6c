"""Plays and facts made up at random, small enough that everything happens: gaps, repeats, records that nobody owns."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from random import Random

from dealgate.model.play import ABOVE, ATTRIBUTES, SCOPES, WITH_FIGURE, Bound, Need, Play, Plays
from dealgate.model.values import Duration
from dealgate.plays import Fact, Facts, Record

TODAY = date(2026, 11, 23)
KINDS = [kind for kind in ATTRIBUTES if kind != "conclusion"]
WORDS = {
    "criterion": ["q.need", "q.how"], "rule": ["stale", "no-step"], "id": ["win_rate", "coverage"],
    "event": ["pushed", "moved_back"], "theme": ["discovery", "closing"], "stage": ["q", "p"],
    "status": ["met", "unmet", "missed"], "severity": ["warn", "high"], "period": ["month", "quarter"],
}  # fmt: skip
PEOPLE = {"deal": ["d1", "d2", "d3"], "account": ["a1"], "owner": ["o1", "o2"], "team": ["t1"]}
OPS = ["at_least", "at_most", "above", "below", "is", "is_not"]


def bounds(random: Random, figures: list[int], at_most: int = 2) -> tuple[Bound, ...]:
    return tuple(Bound(random.choice(OPS), Decimal(random.choice(figures))) for _ in range(random.randint(1, at_most)))


def need(random: Random, scope: str, concluded: list[tuple[str, str]]) -> Need:
    patterns = [pattern for pattern, narrow in concluded if scope in ABOVE[narrow]]
    kind = "conclusion" if patterns and random.random() < 0.5 else random.choice(KINDS)
    absent = random.random() < 0.25
    if kind == "conclusion":
        tests = [("pattern", (random.choice(patterns),))]
    else:
        asked = [a for a in ATTRIBUTES[kind] if random.random() < 0.3]
        tests = [(a, tuple(sorted(random.sample(WORDS[a], random.randint(1, 2))))) for a in asked]
    counts = not absent and random.random() < 0.35
    figures = kind in WITH_FIGURE
    return Need(
        kind,
        absent,
        tuple(sorted(tests)),
        bounds(random, [0, 1, 2]) if figures and random.random() < 0.4 else (),
        bounds(random, [-1, 0, 1], 1) if figures and random.random() < 0.2 else (),
        bounds(random, [0, 1, 2, 3]) if counts else (),
        random.choice(["deal", "owner", "stage"]) if counts and random.random() < 0.5 else None,
        random.choice([Duration(7, "day"), Duration(2, "week")])
        if kind != "conclusion" and random.random() < 0.3
        else None,
    )


def plays(random: Random, most: int = 8) -> Plays:
    made: list[Play] = []
    concluded: list[tuple[str, str]] = []
    for number in range(random.randint(1, most)):
        scope = random.choice(SCOPES)
        when = tuple(need(random, scope, concluded) for _ in range(random.randint(1, 2)))
        pattern = f"p{random.randint(0, 2)}-{number}" if random.random() < 0.8 else None
        shared = [p for p, s in concluded if not any(p in n.patterns for n in when)]
        if pattern and shared and random.random() < 0.2:
            again = random.choice(shared)
            # only where nothing it rests on rests on that
            pattern = again if not any(n.fact == "conclusion" for n in when) else pattern
        made.append(Play(f"play-{number}", "T", scope, when, pattern, priority=random.randint(-2, 2), document="made"))
        if pattern:
            concluded.append((pattern, scope))
    return Plays("made", "Made", "1.0.0", tuple(made))


def fact(random: Random) -> Fact:
    kind = random.choice(KINDS)
    held = {a: random.choice([*WORDS[a], *WORDS[a], None]) for a in ATTRIBUTES[kind]}
    keys = {scope: random.choice(ids) for scope, ids in PEOPLE.items() if random.random() < 0.45}
    figures = {
        n: random.choice([None, *map(Decimal, (-1, 0, 1, 2))]) for n in ("value", "change") if kind in WITH_FIGURE
    }
    on = random.choice([None, *(TODAY - timedelta(days=n) for n in (-1, 0, 6, 7, 8, 14, 15))])
    return Fact(kind, **held, **keys, **figures, on=on)


def facts(random: Random, most: int = 20) -> Facts:
    items = [fact(random) for _ in range(random.randint(0, most))]
    items += random.choices(items, k=2) if items and random.random() < 0.3 else []
    records = {}
    for scope, ids in PEOPLE.items():
        for key in ids:
            if random.random() < 0.6:
                wider = {w: random.choice([None, *PEOPLE[w]]) for w in ABOVE[scope][1:]}
                records[scope, key] = Record(f"{scope} {key}", **wider)
    looked_at = {f.kind for f in items} | {k for k in KINDS if random.random() < 0.6}
    return Facts(items, looked_at, records)
