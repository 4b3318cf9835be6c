"""durable-rules behind its guards concludes what a naive forward chainer concludes."""

from __future__ import annotations

from random import Random

import pytest

from dealgate.plays import Concluded, Conclusion, Facts, conclude

from . import made, naive


def fired(found: Concluded) -> set[tuple[str, str]]:
    return {(one.play.id, one.record) for one in found.conclusions}


def compared(seed: int, most_plays: int = 8) -> tuple[int, int, int]:
    random = Random(seed)
    plays, facts = made.plays(random, most_plays), made.facts(random)
    sure, maybe = naive.chain(plays.plays, facts, made.TODAY)
    found = conclude(plays, facts, made.TODAY)
    assert fired(found) == sure, seed
    assert len(found.conclusions) == len(sure), seed
    assert {one.play.id: one.number for one in found.undecided} == {
        name: sum(play == name for play, _ in maybe) for name in {play for play, _ in maybe}
    }, seed
    return len(sure), len(maybe), sum(bool(reason.conclusions) for one in found.conclusions for reason in one.because)


@pytest.mark.slow
def test_two_thousand_made_up_pairs_conclude_the_same() -> None:
    totals = [sum(column) for column in zip(*(compared(seed) for seed in range(2000)), strict=True)]
    fires, open_ones, chained = totals
    # it would be easy to agree on nothing
    assert fires > 3000 and open_ones > 1500 and chained > 300, totals


@pytest.mark.parametrize("seed", range(50_000, 50_060))
def test_made_up_plays_conclude_the_same(seed: int) -> None:
    compared(seed)


@pytest.mark.parametrize("seed", range(60_000, 60_005))
def test_more_plays_than_a_ruleset_may_hold_conclude_the_same(seed: int) -> None:
    random = Random(seed)
    while len(made.plays(Random(seed), 400).plays) <= 300:
        seed += 1000
    assert compared(seed, 400)[0] > 0, random


@pytest.mark.parametrize("seed", range(70_000, 70_040))
def test_the_order_of_the_facts_has_no_part_in_it(seed: int) -> None:
    random = Random(seed)
    plays, facts = made.plays(random), made.facts(random)
    shuffled = list(facts.items)
    random.shuffle(shuffled)
    one = conclude(plays, facts, made.TODAY)
    other = conclude(plays, Facts(shuffled, facts.looked_at, facts.records), made.TODAY)
    assert one.conclusions == other.conclusions
    assert one.undecided == other.undecided


@pytest.mark.parametrize("seed", range(80_000, 80_040))
def test_reasons_come_down_to_facts_that_were_given(seed: int) -> None:
    random = Random(seed)
    plays, facts = made.plays(random), made.facts(random)

    def check(one: Conclusion) -> None:
        assert [reason.needed for reason in one.because] == list(one.play.when)
        for reason in one.because:
            assert set(reason.facts) <= set(facts.items)
            found = bool(reason.facts or reason.conclusions)
            needs_one = not reason.needed.absent and not reason.needed.count
            assert not (reason.needed.absent and found)
            assert found or not needs_one
            for behind in reason.conclusions:
                assert behind.pattern in reason.needed.patterns
                check(behind)

    for one in conclude(plays, facts, made.TODAY).conclusions:
        check(one)
