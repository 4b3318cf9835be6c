"""Everything fails, all the time, and the process dies wherever it can: in the end all is done, and once."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.crm import Crm, FakeAdapter, Faults, Killed
from tests.sync.enforcing import Office, office

from dealgate.ports import Action, MoveStage, Outcome, Record, Reference, SetFields, Trouble
from dealgate.sync.actions import Plan

STAGES = ("prospecting", "qualification", "proposal", "close")
NOTES = {"Topic": "Costs", "Amount": 5000, "Approved": "true", "Next": "Call", "Version": "2", "Terms": "30 days"}


class Watched(FakeAdapter):
    """Fails as the faults say; watches that what is asked was noted before, and lets people come in between."""

    def __init__(self, home: Office, dice: random.Random, faults: Faults | None) -> None:
        super().__init__(home.crm, faults)
        self.home, self.dice = home, dice
        self.again = 0

    def fetch(self, refs: Sequence[Reference]) -> list[Record]:
        found = super().fetch(refs)
        if self.faults and found and not self.dice.randrange(15):
            somebody(self.crm, self.dice, found[0].id)  # between our look and our write
        return found

    def apply(self, action: Action) -> Outcome:
        assert self.home.store.outbox("crm").rows([action.key])[action.key].state == "sent"
        self.crm.tick()
        self.again += action.key in self.crm.done
        return super().apply(action)


def somebody(crm: Crm, dice: random.Random, ident: str) -> None:
    """A person works on a deal."""
    crm.tick(seconds=dice.randrange(1, 600))
    stage = crm.live("deals")[ident].data["Stage"]
    roll = dice.random()
    if roll < 0.4:
        crm.deal(ident, dice.choice(STAGES), by=dice.choice(["Ada", "Ben", "the API"]))
    elif roll < 0.8:
        name = dice.choice(sorted(NOTES))
        crm.deal(ident, stage, **{name: NOTES[name]})
    else:
        crm.deal(ident, stage, **{dice.choice(sorted(NOTES)): None})


def people(crm: Crm, dice: random.Random, run: int) -> None:
    """What happened since the last run."""
    for _ in range(dice.randrange(3)):
        live = sorted(crm.live("deals"))
        roll = dice.random()
        crm.tick(seconds=dice.randrange(1, 600))
        if roll < 0.03 and len(live) > 6:
            crm.delete(dice.choice(live))
        elif roll < 0.12:
            crm.deal(f"n{run:03}", dice.choice(STAGES), Name="New", Owner="Ada")
        else:
            somebody(crm, dice, dice.choice(live))


def mortal(home: Office, dice: random.Random, one_in: int) -> None:
    """From now on the process may die at every commit of the store: just before it, or just after."""
    database: Any = home.store._database
    writing = database.writing

    @contextmanager
    def dying() -> Iterator[Any]:
        roll = dice.randrange(one_in)
        with writing() as connection:
            yield connection
            if roll == 0:
                raise Killed
        if roll == 1:
            raise Killed

    database.writing = dying


def once(home: Office) -> None:
    """Every write happened once, and what the outbox calls done is what happened."""
    written = Counter(action.key for action in home.crm.writes)
    assert set(written.values()) <= {1}
    rows = home.store.outbox("crm").rows()
    done = {key for key, row in rows.items() if row.state == "done"}
    # what was sent by a plan and is named by no later one is told and dropped, for nobody knows whether it was done
    unsure = {key for key, row in rows.items() if row.state == "sent" or row.outcome == "unknown"}
    assert done <= written.keys() <= done | unsure


def replanned(home: Office, dice: random.Random, seed: str, seen: Counter[str]) -> Plan | None:
    """A sync that is started again until it comes through, and a plan; None where the process died over it."""
    for again in range(40):
        try:
            home.sync(FakeAdapter(home.crm, Faults(random.Random(f"{seed}+{again}"), 5, kill=True)))
            seen["plans"] += 1
            return home.plan(every=dice.random() < 0.2)
        except Trouble:
            seen["sync failed"] += 1
        except Killed:
            seen["died in sync"] += 1
    return None


def chaos(folder: Path, runs: int, seed: int) -> Counter[str]:
    dice = random.Random(seed)
    home = office(folder)
    for n in range(10):
        home.crm.tick()
        home.crm.deal(f"d{n:03}", "prospecting", Name=f"Deal {n}", Owner="Ada", Topic="Costs")
    home.sync()
    database: Any = home.store._database
    safe = database.writing
    mortal(home, dice, 60)
    plan, seen = None, Counter[str]()
    for run in range(runs):
        people(home.crm, dice, run)
        if plan is None or dice.random() < 0.1:
            plan = replanned(home, dice, f"{seed}+{run}", seen)
        faults = Faults(random.Random(f"{seed}-{run}"), 5, kill=True, answers=("throttled", "rejected", "forbidden"))
        adapter = Watched(home, dice, faults)
        try:
            if plan is None:
                continue
            done = home.apply(plan, adapter, at_most=dice.randrange(1, 12))
            seen["stopped " + done.stopped] += bool(done.stopped)
            seen.update(one.outcome for one in done.results)
            if not done.stopped:
                plan = None
                seen["finished"] += 1
        except Killed:
            seen["died"] += 1
        seen["again"] += adapter.again
        once(home)
    database.writing = safe
    if plan is not None:
        assert not home.apply(plan, at_most=10_000).stopped
    for _ in range(4):
        done = home.round(every=True)
        assert not done.stopped and not done.refused
        if not done.plan.actions:
            break
    else:
        raise AssertionError(done.plan.actions)
    return ended(home, seen)


def ended(home: Office, seen: Counter[str]) -> Counter[str]:
    """What is true in the end."""
    from dealgate.history import history_of

    home.crm.tick(hours=1)
    home.sync()
    events = home.store.events()
    held = history_of(events, home.playbook.process, home.crm.now, None, home.store.children()).now("stage")
    kept = {row["id"]: row["stage"] for row in held.iter_rows(named=True)}
    assert kept == {ident: row.data["Stage"] for ident, row in home.crm.live("deals").items()}
    once(home)
    assert home.store.verify_audit() is None
    moves = Counter(action.deal for action in home.crm.writes if isinstance(action, MoveStage))
    assert moves and set(moves.values()) == {1}, "no deal is moved back more often than once"
    words = Counter(
        (action.deal, getattr(action, "subject", ""), action.key)
        for action in home.crm.writes
        if not isinstance(action, (MoveStage, SetFields))
    )
    assert set(words.values()) == {1}
    # whatever the outbox holds as done came from a plan
    keys = {action.key for plan in home.plans for action in plan.actions}
    assert {action.key for action in home.crm.writes} <= keys
    return seen


def test_a_short_run_of_chaos_ends_well(tmp_path: Path) -> None:
    seen = chaos(tmp_path, 20, 3)
    assert seen["died"] + seen["failed"] + seen["stopped trouble"] > 3


@pytest.mark.slow
def test_three_hundred_runs_that_fail_and_die_at_random_do_every_write_once(tmp_path: Path) -> None:
    seen = chaos(tmp_path, 300, 11)
    for what in ("died", "finished", "again", "conflict", "rejected", "forbidden", "stopped trouble", "stopped limit"):
        assert seen[what] > 5, (what, seen)
