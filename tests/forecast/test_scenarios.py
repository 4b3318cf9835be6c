"""A scenario says in words what it changes, and on which figures that rests."""

from __future__ import annotations

from datetime import date

import pytest

from dealgate.forecast.scenarios import changed

from .given import deal, ended, snapshot


@pytest.mark.parametrize(("won_by_others", "expected"), [(3, "5.5"), (4, "6"), (0, "4")])
def test_the_wins_that_were_to_be_expected_of_an_owner_are_no_more_round_than_they_are(
    won_by_others: int, expected: str
) -> None:
    hers = [ended(n, "won" if n < 8 else "lost", date(2026, 8, 30)) for n in range(12)]
    wins = range(20, 20 + won_by_others)
    theirs = [ended(n, "won" if n in wins else "lost", date(2026, 8, 30), owner__name="Tom Two") for n in range(20, 32)]
    earlier = ended(80, "lost", date(2026, 5, 1))  # so that the third quarter is known as a whole
    made = changed(snapshot(earlier, *hers, *theirs, deal(90)), "own-calibration:Rita Lind")
    assert isinstance(made, tuple)
    won = f"8 of 12, where {expected} were to be expected"
    assert made[1] == f"Rita Lind's deals at what Rita Lind has won: {won}"
