"""What is skipped or done together changes no answer: the walk over every deal and each past by itself are the measure."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product

import pytest
from tests.inspection.looking import DROP, PLAIN, deal, past

from dealgate import load
from dealgate.compile.frames import deals_of, frames_of
from dealgate.compile.reference import Walk
from dealgate.decide.playbook import Playbook
from dealgate.documents.load import load_inspections
from dealgate.history import History, events_of, history_of, records_of
from dealgate.inspection import inspect as inspecting
from dealgate.inspection import leaks, passing, walk
from dealgate.inspection.learned import Learner
from dealgate.model import condition as c
from dealgate.model.operators import OPERATORS
from dealgate.model.process import Process
from dealgate.simulate import simulate

DAY = date(2026, 11, 20)


def company(seed: int, deals: int) -> tuple[Playbook, History]:
    made, playbook = simulate(seed=seed, years=2, deals=deals, leads=0, as_of=DAY), load("practical")
    process, moment = playbook.process, playbook.judge.moment(DAY).as_of
    frames = frames_of([playbook.deal(record) for record in made.deals], process)
    return playbook, history_of(events_of(frames, process, moment), process, moment, children=records_of(frames))


@pytest.mark.slow
@pytest.mark.parametrize("seed", [21, 22])
def test_an_inspection_finds_what_the_walk_over_everything_finds(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    playbook, history = company(seed, 700)
    loaded = load_inspections(playbook.process, ["hygiene", "risk", "forecast"], learn=Learner(history))
    rules = [one.inspection for one in loaded if one.inspection is not None]
    fast = inspecting.inspect(playbook, history, rules)

    def each(moves, events, children, book):  # type: ignore[no-untyped-def]
        return [leaks.as_of_then(move, events, children, book) for move in moves]

    monkeypatch.setattr(leaks, "as_they_were", each)
    for module in (inspecting, walk):
        monkeypatch.setattr(module, "may_hold", lambda _condition, walks: walks)
    slow = inspecting.inspect(playbook, history, rules)
    assert fast == slow
    assert fast.leaks and len(fast.findings) > 100


def test_deals_as_they_were_are_the_same_one_by_one_and_together() -> None:
    playbook, history = company(23, 150)
    ways = leaks.walks(history.events)
    moves = [move for way in ways.values() for move in way.moves]
    some = [move for move in moves if move.at > history.as_of - timedelta(days=120)][:40]
    together = leaks.as_they_were(some, history.events, history.children, playbook)
    apart = [leaks.as_of_then(move, history.events, history.children, playbook) for move in some]
    assert together == apart
    assert len({move.deal for move in some}) < len(some) > 20, "some deals moved twice"
    assert leaks.as_they_were([], history.events, history.children, playbook) == []


@pytest.mark.slow
def test_the_latest_moves_of_each_stage_are_found_without_walking_every_deal(monkeypatch: pytest.MonkeyPatch) -> None:
    playbook, history = company(24, 400)
    monkeypatch.setattr(passing, "LATEST", 30)
    now = list(deals_of(history.frames(), playbook.process))
    fast = passing.passed(playbook, history, now)
    monkeypatch.setattr(passing, "_latest_deals", lambda *_: {deal.id for deal in now})
    slow = passing.passed(playbook, history, now)
    assert fast == slow
    assert sum(len(moves) for moves in fast.values()) > 100


def _test(process: Process, key: str, *values: str) -> c.Test:
    literals = tuple(c.Literal(value, value) for value in values)
    return c.Test(c.Ref(process.catalogue.deal["status"]), OPERATORS[key], literals)


def test_a_condition_tells_the_statuses_it_can_hold_with() -> None:
    process = load(PLAIN).process
    open_, lost = _test(process, "is", "open"), _test(process, "is", "lost")
    other = c.Test(c.Ref(process.catalogue.deal["amount"]), open_.operator, ())
    assert walk.statuses(open_) == {"open"}
    assert walk.statuses(c.Named("open", open_)) == {"open"}
    assert walk.statuses(c.All((other, open_))) == {"open"}
    assert walk.statuses(c.All((open_, lost))) == set()
    assert walk.statuses(c.AnyOf((open_, lost))) == {"open", "lost"}
    assert walk.statuses(c.AnyOf((open_, other))) is None
    assert walk.statuses(c.Not(open_)) is None
    assert walk.statuses(_test(process, "is_not", "open")) is None


def test_a_deal_answers_as_the_language_means_however_little_is_asked() -> None:
    playbook, history = past([deal(amount=DROP)])
    (one,) = inspecting.inspect(playbook, history, []).deals
    moment, process = playbook.judge.moment(history.as_of), playbook.process
    amount = c.Test(c.Ref(process.catalogue.deal["amount"]), OPERATORS["above"], (c.Literal(1, "1"),))
    plain = [_test(process, "is", "open"), _test(process, "is", "lost"), amount]
    assert [Walk(process, one, moment).holds(part) for part in plain] == [True, False, None]
    for parts in (*product(plain, repeat=2), *product(plain, repeat=3)):
        for node in (c.All(parts), c.AnyOf(parts)):
            asked = walk.DealWalk(process, one, moment)
            for condition in (node, c.Not(node), c.Named("n", node), c.All((c.AnyOf(parts), node))):
                meant = Walk(process, one, moment).holds(condition)
                assert asked.holds(condition) is meant
                assert asked.holds(condition) is meant, "and again the same"


def test_a_deal_of_unknown_status_is_always_asked() -> None:
    playbook, history = past([deal(), deal(id="D-2", status="odd"), deal(id="D-3", status="lost")])
    found = inspecting.inspect(playbook, history, [])
    moment = playbook.judge.moment(history.as_of)
    walks = [walk.DealWalk(playbook.process, one, moment) for one in found.deals]
    asked = walk.may_hold(_test(playbook.process, "is", "open"), walks)
    assert [one.deal.id for one in asked] == ["D-1", "D-2"]
