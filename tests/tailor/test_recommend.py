"""Which process and framework suits: by made-up candidates, and by every bundled one that says whom it suits."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import product
from math import isqrt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealgate.documents.library import Library
from dealgate.documents.resolve import Resolver
from dealgate.model.suits import BUYERS, Suits
from dealgate.model.values import Duration
from dealgate.tailor.candidates import candidates, cases_of, made_of
from dealgate.tailor.recommend import (
    BUYER_WORDS,
    OTHER_BUYER,
    Answers,
    Candidate,
    because,
    days,
    frameworks,
    grouped,
    rank,
    rivals,
)

RESOLVER = Resolver(Library(None))


def lasting(n: int) -> Duration:
    return Duration(n, "day")


def process(name: str, amount=(None, None), cycle=(None, None), buyers=(), team=(None, None)) -> Candidate:  # type: ignore[no-untyped-def]
    spans = tuple(None if end is None else lasting(end) for end in cycle)
    return Candidate(name, name.title(), Suits(f"{name} is why.", amount, spans, buyers, team), "USD")


SMALL = process("small", (500, 10_000), (1, 30), ("one-person",), (1, 20))
MIDDLE = process("middle", (10_000, 100_000), (30, 120), ("few-people",), (2, 30))
LARGE = process("large", (100_000, None), (120, None), ("committee",), (5, None))
TENDER = process("tender", (20_000, None), (60, None), ("tender",))
FOUR = (SMALL, MIDDLE, LARGE, TENDER)


def said(amount: object = None, cycle: int | None = None, buyer: str | None = None, team: int | None = None) -> Answers:
    return Answers(
        None if amount is None else Decimal(str(amount)), "USD", None if cycle is None else lasting(cycle), buyer, team
    )


@pytest.mark.parametrize(
    ("answers", "first"),
    [
        (said(2_000, 14, "one-person", 4), "small"),
        (said(25_000, 60, "few-people", 8), "middle"),
        (said(400_000, 270, "committee", 12), "large"),
        (said(80_000, 100, "tender", 3), "tender"),
    ],
)
def test_who_lies_in_all_ranges_of_one_process_gets_it(answers: Answers, first: str) -> None:
    ranked = rank(answers, FOUR)
    assert ranked[0].candidate.id == first
    assert ranked[0].off == 0 and not ranked[0].missed
    assert len(ranked) == len(FOUR)


def test_who_buys_by_tender_gets_the_tender_although_amount_and_cycle_lie_nearer_elsewhere() -> None:
    ranked = rank(said(12_000, 40, "tender"), (MIDDLE, TENDER))
    assert [one.candidate.id for one in ranked] == ["tender", "middle"]
    assert [(fit.about, fit.off, fit.side) for fit in ranked[0].missed] == [
        ("amount", 1, "below"),
        ("cycle", 1, "below"),
    ]
    assert ranked[1].off == OTHER_BUYER


@pytest.mark.parametrize(
    ("amount", "off"),
    [
        (10_000, 0),
        (100_000, 0),
        ("9999.99", 1),
        (5_000, 1),
        (4_999, 2),
        (2_500, 2),
        (2_499, 3),
        (200_000, 1),
        (400_001, 3),
    ],
)
def test_an_amount_outside_weighs_by_how_many_times_it_is_off(amount: object, off: int) -> None:
    assert rank(said(amount), [MIDDLE])[0].off == off


def test_what_was_not_said_and_what_a_process_does_not_say_rank_nothing_down() -> None:
    silent = process("silent")
    assert rank(Answers(), [MIDDLE])[0].fits == ()
    assert rank(said(7, 7, "tender", 7), [silent])[0].off == 0
    assert rank(said(25_000), [silent, MIDDLE])[0].candidate is MIDDLE, "one that is made for it goes first"


def test_a_tie_is_told_with_what_decides_it() -> None:
    other = process("other", (20_000, 400_000), (30, 120), ("few-people",), (2, 30))
    ranked = rank(said(30_000, 60, "few-people", 8), [other, MIDDLE])
    assert [one.candidate.id for one in ranked] == ["middle", "other"]
    assert rivals(ranked) == (ranked[1],)
    assert (
        because(*ranked) == "30,000 USD lies nearer the middle of 10,000 to 100,000 USD than of 20,000 to 400,000 USD"
    )


def test_a_tie_that_nothing_decides_says_so_and_is_steady() -> None:
    twin = MIDDLE.replace(id="a-twin")
    ranked = rank(said(30_000), [MIDDLE, twin])
    assert [one.candidate.id for one in ranked] == ["a-twin", "middle"]
    assert because(*ranked) == ""


def test_the_framework_is_one_that_the_process_uses_and_better_ones_are_named() -> None:
    kinds = [c.replace(currency=None) for c in (SMALL, MIDDLE, LARGE)]
    mine, better = frameworks(said(400_000, 270, "committee", 12), ("middle", "icp"), kinds)
    assert mine is not None and mine.candidate.id == "middle" and mine.off > 0
    assert [one.candidate.id for one in better] == ["large"]
    assert frameworks(said(25_000, 60, "few-people", 8), ("middle",), kinds)[1] == ()
    none, those = frameworks(said(25_000, 60, "few-people", 8), ("icp",), kinds)
    assert none is None and [one.candidate.id for one in those] == ["middle"], (
        "only what fits beats one that says nothing"
    )


def test_three_months_are_ninety_days_and_a_year_four_quarters() -> None:
    assert days(Duration(3, "month")) == days(Duration(90, "day")) == days(Duration(1, "quarter")) == 90
    assert days(Duration(1, "year")) == days(Duration(12, "month")) == days(Duration(4, "quarter"))
    assert days(Duration(10, "day", True)) == 14
    assert days(Duration(12, "hour")) == Fraction(1, 2)


def test_every_kind_of_buyer_has_its_words() -> None:
    assert tuple(BUYER_WORDS) == BUYERS


@pytest.mark.parametrize(
    ("amount", "shown"), [("25000", "25,000"), ("12.50", "12.50"), ("1E+3", "1,000"), ("7.00", "7")]
)
def test_an_amount_is_shown_as_people_write_it(amount: str, shown: str) -> None:
    assert grouped(Decimal(amount)) == shown


# ------------------------------------------------------------------------------------------------ what always holds

ENDS = st.one_of(st.none(), st.integers(1, 10**6))
RANGES = st.tuples(ENDS, ENDS).map(lambda e: (min(e), max(e)) if None not in e else e)  # type: ignore[type-var]
CANDIDATES = st.lists(
    st.builds(process, st.sampled_from("abcdefgh"), RANGES, RANGES, st.sets(st.sampled_from(BUYERS)).map(tuple), RANGES),
    min_size=1, max_size=6, unique_by=lambda c: c.id,
)  # fmt: skip
AMOUNTS = st.one_of(st.none(), st.integers(1, 10**7))
ANSWERS = st.builds(said, AMOUNTS, AMOUNTS, st.one_of(st.none(), st.sampled_from(BUYERS)), AMOUNTS)


def holds(candidate: Candidate, answers: Answers) -> bool:
    """Whether all ranges of a candidate hold, worked out by itself."""
    suits = candidate.suits

    def inside(value: object, low: object, high: object) -> bool:
        return value is None or not ((low is not None and value < low) or (high is not None and value > high))  # type: ignore[operator]

    return (
        inside(answers.amount, *suits.amount)
        and inside(answers.cycle and answers.cycle.count, *(end and end.count for end in suits.cycle))
        and inside(answers.team, *suits.team)
        and (answers.buyer is None or not suits.buyers or answers.buyer in suits.buyers)
    )


@given(ANSWERS, CANDIDATES)
def test_one_whose_ranges_all_hold_is_never_below_one_with_a_range_that_does_not(
    answers: Answers, those: list[Candidate]
) -> None:
    whole = [holds(one.candidate, answers) for one in rank(answers, those)]
    assert whole == sorted(whole, reverse=True)
    assert [one.off == 0 for one in rank(answers, those)] == whole


@given(ANSWERS, CANDIDATES, st.randoms())
def test_the_order_in_which_candidates_are_found_changes_nothing(answers: Answers, those: list[Candidate], rng) -> None:  # type: ignore[no-untyped-def]
    ranked = rank(answers, those)
    shuffled = list(those)
    rng.shuffle(shuffled)
    assert rank(answers, shuffled) == ranked
    assert sorted(one.candidate.id for one in ranked) == sorted(one.id for one in those)


@given(st.integers(1, 10**7), st.integers(1, 10**7), RANGES)
def test_an_amount_further_off_never_weighs_less(a: int, b: int, ends: tuple[int | None, int | None]) -> None:
    less, more = (rank(said(value), [process("one", ends)])[0].off for value in sorted((a, b)))
    low, high = ends
    if low is not None and max(a, b) <= low:
        assert less >= more
    if high is not None and min(a, b) >= high:
        assert more >= less


@given(ANSWERS, CANDIDATES, st.lists(st.sampled_from("abcdefgh")))
def test_no_framework_that_is_named_as_better_suits_worse(
    answers: Answers, those: list[Candidate], used: list[str]
) -> None:
    mine, better = frameworks(answers, used, those)
    for one in better:
        assert one.candidate.id not in used
        assert one.off == 0 if mine is None else one.off < mine.off


# ------------------------------------------------------------------------------------------------ what is bundled


def middle(low: int | None, high: int | None) -> int:
    """The middle of a range in equal steps of a ratio; four times its one end, or a quarter, where it is open."""
    if low and high:
        return isqrt(low * high)
    return 4 * low if low else max(1, (high or 8) // 4)


def in_the_middle_of(candidate: Candidate) -> list[Answers]:
    """What somebody says whose sales are just those that a candidate is meant for, for each of its buyers."""
    suits = candidate.suits
    cycle = [None if end is None else int(days(end)) for end in suits.cycle]
    rest = (lasting(middle(*cycle)), middle(*suits.team))
    amount = Decimal(middle(*suits.amount))
    return [Answers(amount, candidate.currency, rest[0], buyer, rest[1]) for buyer in suits.buyers or BUYERS]


BUNDLED = candidates(RESOLVER, "process")


def test_practical_is_among_those_that_say_whom_they_suit() -> None:
    assert "practical" in {one.id for one in BUNDLED}
    assert all(one.suits.why and one.uses for one in BUNDLED)


@pytest.mark.parametrize("candidate", BUNDLED, ids=lambda c: c.id)
def test_each_bundled_process_is_what_somebody_in_the_middle_of_its_ranges_gets(candidate: Candidate) -> None:
    firsts = [rank(answers, BUNDLED)[0] for answers in in_the_middle_of(candidate)]
    assert candidate.id in {first.candidate.id for first in firsts}
    assert all(first.off == 0 for first in firsts)


def test_whatever_is_said_something_bundled_is_recommended() -> None:
    for amount, cycle, buyer, team in product((10, 10**4, 10**7), (1, 60, 700), BUYERS, (1, 50)):
        assert rank(said(amount, cycle, buyer, team), BUNDLED)


def test_shared_criteria_that_a_process_uses_without_naming_their_document_come_along(tmp_path: Path) -> None:
    (tmp_path / "dealgate.yaml").write_text("kind: workspace/v1\nid: w\ntitle: W\nprocesses: [tiny]\n", "utf-8")
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/tiny.yaml").write_text(
        "kind: process/v1\nid: tiny\ntitle: Tiny\nversion: 1.0.0\nowner: Sales Operations\n"
        "stages: [{id: talk, title: Talk, exit: [{use: close-date-ahead}]}]\n", "utf-8")  # fmt: skip
    resolver = Resolver(Library(tmp_path))
    found = resolver.reference("process", "tiny")[0]
    assert found is not None
    assert [(kind, d.word("id")) for kind, d in made_of(found, resolver)] == [
        ("process", "tiny"), ("criteria", "discovery"),
    ]  # fmt: skip


def test_a_process_is_copied_with_all_that_it_uses_and_with_their_tests() -> None:
    found = RESOLVER.reference("process", "practical")[0]
    assert found is not None and found.root is not None
    parts = {(kind, document.word("id")): document for kind, document in made_of(found, RESOLVER)}
    assert {("process", "practical"), ("framework", "bant"), ("framework", "icp"), ("criteria", "discovery")} <= set(
        parts
    )
    assert ("fields", "core") not in parts
    assert [p.name for p in cases_of("process", parts["process", "practical"])] == ["practical.test.yaml"]
    assert [p.name for p in cases_of("framework", parts["framework", "bant"])] == ["bant.test.yaml"]
