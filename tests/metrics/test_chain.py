"""Moves between stages, and where they end."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealgate.metrics.chain import Absorption, Chain, chain_of, moves_of
from dealgate.metrics.figure import NoValue

F = Fraction

# the golden fixture: stages in order, then the end
PATHS = {
    "D1": "1 2 3 won",
    "D2": "1 2 lost",
    "D3": "1 3 won",
    "D4": "1 2 1 2 lost",
    "D5": "1",
    "D6": "1 2",
    "D7": "1 lost",
    "D8": "1 2 3 lost 3 won",
}


def visits(paths: dict[str, str]) -> pl.DataFrame:
    rows = [(deal, stage, turn) for deal, path in paths.items() for turn, stage in enumerate(path.split())]
    return pl.DataFrame(rows, schema=["deal", "stage", "turn"], orient="row")


def solved(chain: Chain) -> Absorption:
    found = chain.absorption()
    assert isinstance(found, Absorption)
    return found


def test_moves_of_the_golden_deals_are_counted_as_by_hand() -> None:
    chain = chain_of(moves_of(visits(PATHS)))
    assert chain.states == ("1", "2", "3")
    assert chain.counts == {
        ("1", "2"): 6, ("1", "3"): 1, ("1", "lost"): 1,
        ("2", "1"): 1, ("2", "3"): 2, ("2", "lost"): 2,
        ("3", "won"): 3, ("3", "lost"): 1,
    }  # fmt: skip
    assert chain.open == {"1": 1, "2": 1}
    assert chain.reopened == 1
    assert chain.row("1") == {"2": F(6, 8), "3": F(1, 8), "lost": F(1, 8)}


def test_moves_follow_the_order_of_the_visits_and_not_that_of_the_rows() -> None:
    shuffled = visits(PATHS).sample(fraction=1, shuffle=True, seed=3)
    assert moves_of(shuffled).equals(moves_of(visits(PATHS)))
    assert moves_of(shuffled, order=["turn", "stage"]).equals(moves_of(visits(PATHS)))


def test_the_golden_chain_ends_as_worked_out_by_hand() -> None:
    # x1 = 6/8 x2 + 1/8 x3, x2 = 1/5 x1 + 2/5 x3, x3 = 3/4  =>  x1 = 51/136, x2 = 51/136 / 5 + 3/10
    found = solved(chain_of(moves_of(visits(PATHS))))
    x1 = (F(6, 8) * F(2, 5) * F(3, 4) + F(1, 8) * F(3, 4)) / (1 - F(6, 8) * F(1, 5))
    assert found.chances["3"] == {"won": F(3, 4), "lost": F(1, 4)}
    assert found.chances["1"]["won"] == x1
    assert found.chances["2"]["won"] == x1 / 5 + F(3, 10)
    # m1 = 1 + 6/8 m2 + 1/8, m2 = 1 + 1/5 m1 + 2/5
    m1 = (1 + F(6, 8) * F(7, 5) + F(1, 8)) / (1 - F(6, 8) * F(1, 5))
    assert found.steps == {"1": m1, "2": F(7, 5) + m1 / 5, "3": 1}


def test_the_gambler_in_the_middle_has_an_even_chance_and_four_steps_to_go() -> None:
    moves = [("1", "lost"), ("1", "2"), ("2", "1"), ("2", "3"), ("3", "2"), ("3", "won")]
    found = solved(chain_of(frame(moves)))
    assert [found.chances[s]["won"] for s in "123"] == [F(1, 4), F(1, 2), F(3, 4)]
    assert [found.steps[s] for s in "123"] == [3, 4, 3]


def frame(moves: list[tuple[str, str | None]]) -> pl.DataFrame:
    return pl.DataFrame(
        [("d", *move) for move in moves],
        schema={"deal": pl.String, "from": pl.String, "to": pl.String},
        orient="row",
    )


def test_a_chain_with_a_stage_that_leads_nowhere_is_refused_by_name() -> None:
    trapped = chain_of(frame([("1", "2"), ("2", "3"), ("3", "2"), ("1", "won")]))
    assert trapped.absorption() == NoValue("no path to an end from: 2, 3")
    only_open = chain_of(frame([("1", "won"), ("1", "2"), ("2", None)]))
    assert only_open.absorption() == NoValue("no path to an end from: 2")
    assert only_open.row("2") == NoValue("no move from 2 was seen")


def test_a_chain_of_no_moves_has_no_stages() -> None:
    empty = chain_of(frame([]))
    assert (empty.states, empty.counts) == ((), {})
    assert solved(empty) == Absorption({}, {})


def test_stages_are_reported_in_the_order_given_and_then_by_name() -> None:
    moves = [("b", "a"), ("a", "z"), ("z", "won"), ("c", "lost")]
    assert chain_of(frame(moves), states=["z", "absent", "b"]).states == ("z", "b", "a", "c")


def test_a_move_from_nowhere_is_refused() -> None:
    with pytest.raises(ValueError, match="comes from somewhere"):
        chain_of(frame([(None, "1")]))  # type: ignore[list-item]


def test_other_ends_than_won_and_lost_will_do() -> None:
    found = solved(chain_of(frame([("1", "won"), ("1", "no_decision")]), ["won", "lost", "no_decision"]))
    assert found.chances["1"] == {"won": F(1, 2), "lost": 0, "no_decision": F(1, 2)}


STAGES = [f"s{number:02}" for number in range(20)]


@given(
    st.lists(
        st.tuples(st.sampled_from(STAGES[:6]), st.sampled_from([*STAGES[:6], "won", "lost", None])),
        min_size=1,
        max_size=40,
    )
)
def test_a_solved_chain_is_that_of_numpy_and_each_row_adds_up_to_one(moves: list[tuple[str, str | None]]) -> None:
    chain = chain_of(frame(moves))
    found = chain.absorption()
    if isinstance(found, NoValue):
        assert found.reason.startswith("no path to an end from: s")
        return
    size = len(chain.states)
    q, r = np.zeros((size, size)), np.zeros((size, 2))
    for (origin, to), count in chain.counts.items():
        row = chain.states.index(origin)
        if to in chain.states:
            q[row, chain.states.index(to)] = count
        else:
            r[row, chain.absorbing.index(to)] = count
    total = q.sum(axis=1) + r.sum(axis=1)
    expected = np.linalg.solve(np.eye(size) - q / total[:, None], np.column_stack([r / total[:, None], np.ones(size)]))
    for state, row in zip(chain.states, expected, strict=True):
        assert sum(found.chances[state].values()) == 1
        assert [float(v) for v in found.chances[state].values()] == pytest.approx(row[:2].tolist(), abs=1e-9)
        assert float(found.steps[state]) == pytest.approx(row[2])


def test_twenty_stages_that_all_lead_everywhere_are_solved_exactly() -> None:
    moves = pl.DataFrame(
        [(a, b) for place, a in enumerate(STAGES) for b in [*STAGES[: place + 2], "won", "lost", "lost"]],
        schema=["from", "to"],
        orient="row",
    )
    found = solved(chain_of(moves))
    assert all(chances == {"won": F(1, 3), "lost": F(2, 3)} for chances in found.chances.values())
