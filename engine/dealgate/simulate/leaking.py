"""The stage that leaks: through one door deals move on from it with nothing asked.

It takes from a record what the stage should have brought, after the record is made and with chance of its own: a
company with a leak is the same company but for that. Whether a deal is let through does not hang on how it ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from random import Random

from dealgate.simulate.days import day_of, pick
from dealgate.simulate.life import Life
from dealgate.simulate.parameters import LEAK_DOORS, LEAK_FIELDS, LEAKS, STAGES, Record, bounded
from dealgate.simulate.proof import PROOFS
from dealgate.simulate.texts import PROSE


@dataclass(frozen=True, slots=True)
class Leak:
    """The stage, by its index, and the channel of the moves that go out of it unasked."""

    stage: int
    channel: str


def spring(rng: Random) -> Leak:
    """Which stage of a company leaks, and by which door."""
    return Leak(pick(rng, tuple(LEAK_FIELDS)), pick(rng, LEAK_DOORS))


def let_through(rng: Random, leak: Leak, record: Record, life: Life) -> str:
    """Take from a record what a leaking stage lets go; the stage's id, empty where the deal is none of those."""
    stays = [visit for visit in life.visits if visit.stage == leak.stage]
    if rng.random() >= bounded(LEAKS) or not stays:
        return ""
    stage, left = STAGES[leak.stage].id, day_of(stays[-1].left)
    names = {proof.id for proof in PROOFS if proof.due == leak.stage}
    if "evidence" in record:  # what was asked later on is there
        record["evidence"] = [
            piece
            for piece in record["evidence"]
            if piece.get("element", piece.get("type")) not in names or piece.get("dated", date.min) > left
        ]
    for name in (*(field for field, (due, _) in PROSE.items() if due == leak.stage), *LEAK_FIELDS[leak.stage]):
        record.pop(name, None)
    onward = {one.id for one in STAGES[leak.stage + 1 :]}
    for change in record.get("changes", ()):
        if change["field"] == "stage" and change.get("from") == stage and change["to"] in onward:
            change["channel"] = leak.channel
    return stage
