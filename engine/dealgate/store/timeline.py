"""What is written of what was told and seen, so that the order in which pulls arrive leaves no trace.

A *row* says that from a moment on a place (deal, field, number within the deal's collection) had a value, and when that
was learned (``rec``). All that was ever given to the store would be a long list of rows; of what was *seen* only those
are kept without which some question (the value at a moment, as known by another) would be answered differently. Three
rules hold that:

- a seen value that already is in effect, in every state of knowledge, is left out;
- what is written late may come to be in effect where an older pull saw something else, and left it out: what that pull
  saw is then written too (``reasserted``), once;
- reading drops rows that have become needless (``needed``).

Columns: ``deal``, ``field``, ``place``, ``at`` (null: before all), ``turn``, ``rec``, ``mark`` (what is compared; never
null), ``text`` (decides between rows of one moment and one ``rec``), and what is carried along.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import polars as pl

from .results import SEEN_TURN

PLACE = ("deal", "field", "place")
MOMENT = (*PLACE, "at", "turn")
SAME = (*MOMENT, "mark")
KEY = (*MOMENT, "rec", "text")
NOTHING = "\0"
"""The mark of no value; no text holds this character."""


class PullAt(NamedTuple):
    """A pull: when it saw, when that was learned, its number."""

    seen_at: int
    rec: int
    id: int


def in_order(rows: pl.DataFrame) -> pl.DataFrame:
    """Sorted; the last of a place up to a moment is in effect then. Texts are only compared where all else ties."""
    numbers = rows.sort(KEY[:-1], nulls_last=False)
    if not _follows(numbers, KEY[:-1]).any():
        return numbers
    return rows.sort(KEY, nulls_last=False)


def once(rows: pl.DataFrame) -> pl.DataFrame:
    """Of several that say the same the one learned first."""
    tie = [name for name in ("rec", "origin", "channel", "by") if name in rows.columns]
    return rows.sort(tie, nulls_last=False).unique(SAME, keep="first", maintain_order=True)


def _follows(ordered: pl.DataFrame, by: Sequence[str]) -> pl.Series:
    """Whether the row before is the same in these columns."""
    same = [pl.col(name).eq_missing(pl.col(name).shift(1)) for name in by]
    return ordered.select(pl.all_horizontal(same).fill_null(False) & (pl.int_range(pl.len()) > 0)).to_series()


# ---------------------------------------------------------------- what is new


def new_facts(held: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    """Those that are not held, and those that now are learned to have been known earlier (``again`` 1)."""
    facts = once(facts)
    if not held.height or not facts.height:
        return facts.with_columns(again=pl.lit(0, pl.Int64))
    tie = ("rec", "origin", "channel", "by")
    mine = held.select(*SAME, *(pl.col(name).alias(f"{name}.held") for name in tie))
    joined = facts.join(mine, on=SAME, how="left", nulls_equal=True, maintain_order="left")
    known = pl.col("rec.held").is_not_null()
    earlier = pl.lit(False)
    for name in reversed(tie):  # by rec, then by the others, in their order; null comes first
        new, old = pl.col(name), pl.col(f"{name}.held")
        less = (new < old).fill_null(new.is_null() & old.is_not_null())
        earlier = less | (new.eq_missing(old) & earlier)
    return joined.filter(~known | earlier).with_columns(again=known.cast(pl.Int64)).select(*facts.columns, "again")


def new_seen(held: pl.DataFrame, seen: pl.DataFrame, pull: PullAt, nothing: str | None) -> pl.DataFrame:
    """Of what a pull saw, those rows without which ``held`` (in order) would answer otherwise.

    ``nothing`` is the mark that stands where no row is; None: seeing no value is something new there.
    """
    seen = seen.sort("text", nulls_last=False).unique(PLACE, keep="last", maintain_order=True)
    if not held.height:
        fresh = seen if nothing is None else seen.filter(pl.col("mark") != nothing)
        return fresh.with_columns(again=pl.lit(0, pl.Int64))
    here = (pl.col("at") == pull.seen_at) & (pl.col("turn") == SEEN_TURN)
    before = held.filter(pl.col("at").is_null() | (pl.col("at") <= pull.seen_at)).filter(~here.fill_null(False))
    in_effect = before.filter(pl.col("rec") <= pull.rec).group_by(PLACE).agg(pl.col("mark").last().alias("was"))
    same_moment = held.filter(here)
    late = before.filter(pl.col("rec") > pull.rec)
    joined = seen.join(in_effect, on=PLACE, how="left", maintain_order="left").with_columns(
        pl.col("was").fill_null(pl.lit(nothing, pl.String))
    )
    needed = pl.col("was").is_null() | (pl.col("was") != pl.col("mark"))
    odd = pl.concat([late.select(PLACE), same_moment.select(PLACE)]).unique()
    if not odd.height:
        return joined.filter(needed).drop("was").with_columns(again=pl.lit(0, pl.Int64))
    plain = joined.join(odd, on=PLACE, how="anti").filter(needed).drop("was")
    return pl.concat(
        [
            plain.with_columns(again=pl.lit(0, pl.Int64)),
            _new_among_odd(before, same_moment, joined.join(odd, on=PLACE).drop("was"), pull, nothing),
        ]
    )


def _new_among_odd(
    before: pl.DataFrame, same_moment: pl.DataFrame, seen: pl.DataFrame, pull: PullAt, nothing: str | None
) -> pl.DataFrame:
    """The same one by one, where something was learned later than the pull, or other pulls saw at its moment."""
    pasts = _by_place(before.join(seen.select(PLACE), on=PLACE, maintain_order="left"))
    others = _by_place(same_moment.join(seen.select(PLACE), on=PLACE, maintain_order="left"))
    keep: list[bool] = []
    again: list[int] = []
    for place, mark in _places(seen):
        beside = others.get(place, [])
        there = [rec for rec, other in beside if other == mark]
        if any(rec <= pull.rec for rec in there):
            keep.append(False)
        elif any(other != mark for _, other in beside):
            keep.append(True)
        else:
            keep.append(effective(pasts.get(place, []), pull.rec, None, nothing) != {mark})
        again.append(int(bool(there)))
    return seen.with_columns(pl.Series("again", again, pl.Int64)).filter(pl.Series(keep, dtype=pl.Boolean))


_Past = list[tuple[int, str]]


def _places(rows: pl.DataFrame) -> Iterable[tuple[tuple[int, ...], str]]:
    for *place, mark in rows.select(*PLACE, "mark").iter_rows():
        yield tuple(place), mark


def _by_place(rows: pl.DataFrame) -> dict[tuple[int, ...], _Past]:
    found: dict[tuple[int, ...], _Past] = {}
    for *place, rec, mark in rows.select(*PLACE, "rec", "mark").iter_rows():
        found.setdefault(tuple(place), []).append((rec, mark))
    return found


def effective(past: _Past, known: int, until: int | None, nothing: str | None) -> set[str | None]:
    """The marks that are in effect after ``past`` (in order), over all states of knowledge from ``known`` to ``until``.

    None is among them where in some state no row is there and ``nothing`` is None.
    """
    found: set[str | None] = set()
    open_until = until
    for rec, mark in reversed(past):
        since = max(rec, known)
        if open_until is None or since < open_until:
            found.add(mark)
            open_until = since
        if open_until <= known:
            return found
    found.add(nothing)
    return found


# ---------------------------------------------------------------- what is asserted again


def reasserted(
    held: pl.DataFrame,
    added: pl.DataFrame,
    beside: pl.DataFrame,
    pulls: Sequence[PullAt],
    saw: Callable[[int], pl.DataFrame],
    nothing: str | None = None,
) -> pl.DataFrame:
    """What pulls saw and left out, and what the rows ``added`` would now stand before; as rows.

    ``held`` is what was there before, in order; ``beside``, in order, is all that is there now. ``pulls`` are the
    source's others; ``saw`` tells the places of one (``deal`` and ``field``).
    """
    pulls = sorted(pulls)
    empty = held.clear()
    if not added.height or not pulls:
        return empty
    earliest = None if added["at"].has_nulls() else added["at"].min()
    pulls = [pull for pull in pulls if earliest is None or pull.seen_at >= earliest]  # type: ignore[operator]
    if not pulls:
        return empty
    waiting = _waiting(added, beside, pulls[-1].seen_at)
    found: list[pl.DataFrame] = []
    for pull in pulls:
        if not waiting.height:
            break
        reached = (pl.col("at").is_null() | (pl.col("at") <= pull.seen_at)) & (
            pl.col("next").is_null() | (pl.col("next") > pull.seen_at)
        )
        met = waiting.filter(reached).join(saw(pull.id), on=["deal", "field"], how="semi")
        if met.height:
            past = held.join(met.select(PLACE).unique(), on=PLACE, how="semi", maintain_order="left")
            then = past.filter((pl.col("at").is_null() | (pl.col("at") <= pull.seen_at)) & (pl.col("rec") <= pull.rec))
            implied = then.group_by(PLACE, maintain_order=True).last().select(held.columns)
            if nothing is not None:  # it saw that no record is there
                bare = met.select(PLACE).unique().join(implied, on=PLACE, how="anti").with_columns(mark=pl.lit(nothing))
                implied = pl.concat([implied, bare], how="diagonal")
            others = met.select(*PLACE, pl.col("mark").alias("now"))
            differing = implied.join(others, on=PLACE).filter(pl.col("mark") != pl.col("now")).select(held.columns)
            found.append(_as_seen(differing.unique(PLACE), pull))
        waiting = waiting.filter(~(pl.col("next") <= pull.seen_at).fill_null(False))
        if met.height:
            # what was seen at the very moment of the pull may still stand before what the pull saw
            beside_it = (pl.col("at") == pull.seen_at) & (pl.col("turn") == SEEN_TURN)
            settled = met.filter(pl.col("rec") >= pull.rec, ~beside_it.fill_null(False)).select("number")
            waiting = waiting.join(settled, on="number", how="anti")
    return once(pl.concat(found)) if found else empty


def _waiting(added: pl.DataFrame, beside: pl.DataFrame, last: int) -> pl.DataFrame:
    """The added rows with ``next``: from when on another row surely stands before them, if one does."""
    after = pl.col("at").shift(-1)
    same_place = pl.all_horizontal([pl.col(name) == pl.col(name).shift(-1) for name in PLACE])
    covers = same_place & (pl.col("rec").shift(-1) <= pl.col("rec")) & pl.col("at").ne_missing(after)
    with_next = beside.select(*SAME, "rec", pl.when(covers).then(after).alias("next"))
    return (
        added.select(*SAME, "rec")
        .filter(pl.col("at").is_null() | (pl.col("at") <= last))
        .join(with_next, on=[*SAME, "rec"], how="left", nulls_equal=True)
        .with_row_index("number")
    )


def _as_seen(rows: pl.DataFrame, pull: PullAt) -> pl.DataFrame:
    columns = {
        "at": pl.lit(pull.seen_at, pl.Int64),
        "turn": pl.lit(SEEN_TURN, pl.Int64),
        "rec": pl.lit(pull.rec, pl.Int64),
        "pull": pl.lit(pull.id, pl.Int64),
        "origin": pl.lit(2, pl.Int64),
        "channel": pl.lit(None, pl.String),
        "by": pl.lit(None, pl.String),
        "by_person": pl.lit(None, pl.Int64),
    }
    return rows.with_columns(**{name: value for name, value in columns.items() if name in rows.columns})


def not_held(held: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows that are not held with the same or an earlier ``rec``; with ``again``."""
    mine = held.select(*SAME, pl.col("rec").alias("rec.held"))
    joined = rows.join(mine, on=SAME, how="left", nulls_equal=True, maintain_order="left")
    there = pl.col("rec.held").is_not_null()
    fresh = joined.filter(~there | (pl.col("rec") < pl.col("rec.held")))
    return fresh.with_columns(again=there.cast(pl.Int64)).drop("rec.held")


# ---------------------------------------------------------------- all of it


def additions(
    held: pl.DataFrame,
    facts: pl.DataFrame,
    seen: pl.DataFrame,
    pull: PullAt,
    others: Sequence[PullAt],
    saw: Callable[[int], pl.DataFrame],
    nothing: str | None = None,
    first_new: int | None = None,
) -> pl.DataFrame:
    """The rows to write for a pull: its new facts, what it saw anew, and what older pulls saw and now has to be said.

    ``held`` is all that is there of its places, each once and in order. Deals from ``first_new`` on no other pull saw.
    The result has ``again``.
    """
    old = pl.lit(True) if first_new is None else pl.col("deal") < first_new
    told = new_facts(held, facts)
    plain = told.drop("again")
    with_told = in_order(once(pl.concat([held, plain]))) if told.height else held
    back = reasserted(held, _in_front(told, with_told).filter(old), with_told, others, saw, nothing)
    base = in_order(once(pl.concat([with_told, back]))) if back.height else with_told
    anew = new_seen(base, seen, pull, nothing)
    parts = [told, not_held(held, back)]
    if anew.height and others:
        whole = in_order(once(pl.concat([base, anew.drop("again")])))
        parts.append(not_held(base, reasserted(held, _in_front(anew, whole).filter(old), whole, others, saw, nothing)))
    return once(pl.concat([anew, *parts]))


def _in_front(added: pl.DataFrame, there: pl.DataFrame) -> pl.DataFrame:
    """The added rows, and those that come to the front because another of their moment was learned earlier than it
    was thought to be. ``added`` has ``again``; ``there`` is all that is there with them."""
    rows = added.drop("again")
    moved = added.filter(pl.col("again") == 1)
    if not moved.height:
        return rows
    beside = there.join(moved.select(MOMENT).unique(), on=MOMENT, how="semi", nulls_equal=True)
    beside = beside.join(rows.select(SAME), on=SAME, how="anti", nulls_equal=True)
    return pl.concat([rows, beside.select(rows.columns)])


def needed(rows: pl.DataFrame, nothing: str | None = None) -> pl.DataFrame:
    """Rows, each once and in order, without the seen ones that no question needs; the same in any order of arrival."""
    if not rows.height:
        return rows
    same_place, same_moment = _follows(rows, PLACE), _follows(rows, MOMENT)
    marked = rows.with_columns(
        pl.col("mark").shift(1).alias("was"),
        pl.col("rec").shift(1).alias("was.rec"),
        same_place.alias("after"),
        same_moment.alias("beside"),
        same_moment.shift(-1, fill_value=False).alias("shared"),
    )
    seen = pl.col("turn") == SEEN_TURN
    plain = ~pl.col("beside") & ~pl.col("shared") & (~pl.col("after") | (pl.col("was.rec") <= pl.col("rec")))
    odd = marked.filter(seen & ~plain).select(PLACE).unique()
    was = pl.when("after").then("was").otherwise(pl.lit(nothing, pl.String))
    kept = marked.filter(~seen | was.is_null() | (was != pl.col("mark"))).select(rows.columns)
    if not odd.height:
        return kept
    one_by_one = rows.join(odd, on=PLACE, how="semi", maintain_order="left")
    flags = pl.Series(_needed_one_by_one(one_by_one, nothing), dtype=pl.Boolean)
    return in_order(pl.concat([kept.join(odd, on=PLACE, how="anti"), one_by_one.filter(flags)]))


def _needed_one_by_one(rows: pl.DataFrame, nothing: str | None) -> list[bool]:
    keep: list[bool] = []
    held = list(rows.select(*MOMENT, "rec", "mark").iter_rows())
    width = len(PLACE)
    start = 0
    for number, (*moment, rec, mark) in enumerate(held):
        if number and held[number - 1][:width] != tuple(moment[:width]):
            start = number
        if moment[-1] != SEEN_TURN:
            keep.append(True)
            continue
        first = number
        while first > start and held[first - 1][: width + 2] == tuple(moment):
            first -= 1
        last = number + 1
        while last < len(held) and held[last][: width + 2] == tuple(moment):
            last += 1
        until = min((other[-2] for other in held[number + 1 : last]), default=None)
        if until is not None and until <= rec:
            keep.append(False)
            continue
        past = [(other[-2], other[-1]) for other in held[start:first]]
        keep.append(effective(past, rec, until, nothing) != {mark})
    return keep
