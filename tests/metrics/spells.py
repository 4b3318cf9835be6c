"""The golden fixture of the metric definitions as spells, and random spells."""

from __future__ import annotations

import polars as pl
from hypothesis import strategies as st

Spell = tuple[float | None, str | None, float | None]
"""Duration in days, cause, entry."""

# first visits of stage 1: D1 to D8
STAGE_ONE: tuple[tuple[int, str | None], ...] = (
    (10, "advanced"),
    (5, "advanced"),
    (12, "advanced"),
    (8, "advanced"),
    (7, None),
    (14, "advanced"),
    (3, "lost"),
    (9, "advanced"),
)
# from the beginning to the final outcome: D8, lost on day 33 and won on 55 after reopening, is one spell
DEALS: tuple[tuple[int, str | None], ...] = (
    (40, "won"),
    (20, "lost"),
    (30, "won"),
    (50, "lost"),
    (7, None),
    (45, None),
    (3, "lost"),
    (55, "won"),
)

CAUSES = ("won", "lost", "no_decision")


def columns(spells: list[Spell]) -> tuple[list[float | None], list[str | None], list[float | None]]:
    """Durations, causes, entries."""
    return [s[0] for s in spells], [s[1] for s in spells], [s[2] for s in spells]


def frame_of(spells: list[Spell], group: list[str | None] | None = None) -> pl.DataFrame:
    durations, causes, entries = columns(spells)
    return pl.DataFrame(
        {
            "group": group or ["all"] * len(spells),
            "duration": durations,
            "cause": causes,
            "entry": entries,
        },
        schema={"group": pl.String, "duration": pl.Float64, "cause": pl.String, "entry": pl.Float64},
        strict=False,
    )


def _entered(duration: float) -> st.SearchStrategy[float | None]:
    return st.one_of(st.none(), st.integers(0, 12).filter(lambda entry: entry == 0 or entry < duration))


def spells(least: int = 0, most: int = 40) -> st.SearchStrategy[list[Spell]]:
    """Spells full of ties, some watched from late on, all usable."""
    spell = st.integers(0, 12).flatmap(
        lambda duration: st.tuples(st.just(duration), st.sampled_from([None, "", *CAUSES]), _entered(duration))
    )
    return st.lists(spell, min_size=least, max_size=most)
