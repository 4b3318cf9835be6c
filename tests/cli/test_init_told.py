"""The words of a recommendation, 80 columns wide, over processes and frameworks that are made up."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.cli.running import golden

from dealgate.cli.start.told import Advice, framework, reasons, screen
from dealgate.model.suits import Suits
from dealgate.model.values import Duration
from dealgate.tailor.recommend import Answers, Candidate, frameworks, rank


def days(n: int | None) -> Duration | None:
    return None if n is None else Duration(n, "day")


def made(name, why, amount, cycle, buyers, team, currency="USD") -> Candidate:  # type: ignore[no-untyped-def]
    return Candidate(name, f"{name.title()} sales", Suits(why, amount, tuple(map(days, cycle)), buyers, team), currency)


SHORT = made("short", "One person decides within days, so few checks pay off.", (None, 10_000), (None, 30),
             ("one-person",), (None, None))  # fmt: skip
SIX = made("six", "Six stages fit a sale in which a few people decide.", (10_000, 100_000), (30, 120),
           ("few-people",), (2, 30))  # fmt: skip
MID = made("mid", "Several departments want to see it work first.", (20_000, 250_000), (30, 120),
           ("few-people", "committee"), (2, 60))  # fmt: skip
BID = made("bid", "The buyer sets the steps and the dates.", (50_000, None), (90, None), ("tender",), (3, None))
PLAIN = made("plain", "Four questions are enough where one person decides.", (None, 10_000), (None, 30),
             ("one-person",), (None, None), None)  # fmt: skip
DEEP = made("deep", "Eight questions pay off where a committee decides.", (50_000, None), (90, None),
            ("committee", "tender"), (None, None), None)  # fmt: skip

CASES = {
    "fits": (Answers(Decimal(2_000), "USD", days(14), "one-person", 3), ("plain", "icp")),
    "tie": (Answers(Decimal(30_000), "USD", days(60), "few-people", 8), ("plain",)),
    "doubt": (Answers(Decimal(900_000), "JPY", days(400), "partner", None), ("plain",)),
    "swap": (Answers(Decimal(400_000), "USD", days(200), "tender", 9), ("plain", "icp")),
    "unknown": (Answers(None, None, None, "committee", None), ("icp",)),
}


def advice(answers: Answers, used: tuple[str, ...], *, client: bool = False) -> Advice:
    ranked = rank(answers, (SHORT, SIX, MID, BID))
    mine, better = frameworks(answers, used, (PLAIN, DEEP))
    unsaid = tuple(name for name in ("amount", "cycle", "buyer", "team") if getattr(answers, name) is None)
    return Advice(ranked, ranked[0].candidate.id, (used[0], used[0].upper()), mine, better, unsaid, answers.currency,
                  f"frameworks: [{', '.join(['deep', *used[1:]])}]" if better else "", client)  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_recommendation_is_told_in_a_few_lines_of_eighty_columns(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    text = screen(advice(*CASES[case]))
    assert max(map(len, text.splitlines())) <= 80
    golden(f"init-told-{case}.txt", text + "\n")


def test_a_narrow_terminal_is_kept_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "44")
    for answers, used in CASES.values():
        assert max(map(len, screen(advice(answers, used)).splitlines())) <= 44


def test_for_an_overlay_no_swap_of_a_line_is_promised() -> None:
    text = framework(advice(*CASES["swap"], client=True))
    assert "deep (Deep sales) suits better" in text and "--client" in text and "frameworks: [" not in text


def test_without_frameworks_none_is_made_up() -> None:
    one = advice(*CASES["fits"])
    assert framework(Advice(one.ranked, "short", None, None, ())).startswith("Framework: none")


def test_the_reasons_are_those_of_the_process_that_was_chosen() -> None:
    one = advice(*CASES["tie"])
    other = Advice(one.ranked, "mid", None, None, ())
    assert reasons(one)[-1] == SIX.suits.why and reasons(other)[-1] == MID.suits.why
    assert reasons(Advice(one.ranked, "leads", None, None, ())) == []
