"""What a process with other stages does to the deals in flight: where they go, and how they stand there. A preview."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from ..compile.becomes import Passage
from ..compile.frames import Frames
from ..model.process import Criterion
from ..model.values import Money
from ..model.verdict import State, Status
from .batch import Batch, check_frames
from .passage import passages
from .playbook import Playbook

NO_SUCH_STAGE = "the process has no such stage, and does not say what became of it"


@dataclass(frozen=True, slots=True)
class Moved:
    """The deals that go from one stage of the source to one of the process (None: nowhere, ``why`` says why).

    ``ids`` are the open ones, ``amounts`` what these add up to, one a currency, and ``states`` how they stand there;
    ``closed`` how many others there are.
    """

    was: str
    now: str | None
    why: str
    ids: tuple[str, ...]
    amounts: tuple[Money, ...]
    states: Mapping[State, int]
    closed: int


@dataclass(frozen=True, slots=True)
class Migration:
    """The preview. ``stays``: open deals whose stage the process has; ``nowhere``: open ones that are in none.

    With a process ``before``: ``turns`` count the open deals by their state before and after (None: not judged), and
    ``held_by`` is the criterion that holds most of the newly blocked ones, with how many.
    """

    playbook: Playbook
    as_of: datetime
    moved: tuple[Moved, ...]
    stays: int
    nowhere: tuple[str, ...]
    before: Playbook | None = None
    turns: Mapping[tuple[State | None, State | None], int] | None = None
    newly_blocked: tuple[str, ...] = ()
    held_by: tuple[Criterion, int] | None = None

    @property
    def moving(self) -> int:
        """How many open deals go to another stage of the process."""
        return sum(len(m.ids) for m in self.moved if m.now is not None)


def migration(
    playbook: Playbook,
    frames: Frames,
    as_of: date | datetime,
    known: Iterable[Passage] | None = None,
    before: tuple[Playbook, Frames] | None = None,
) -> Migration:
    """What becomes of the deals under a process; ``frames`` are as it reads them.

    ``known``: the passages, where the frames are in the stages of now already. ``before``: the process that judges them
    today, and the same deals as that one reads them.
    """
    found = list(passages(frames, playbook, as_of) if known is None else known)
    report = check_frames(playbook, frames, as_of)
    judged = report.judged.select("id", "group", "state", "stage", *_AMOUNT).collect()
    was = pl.DataFrame(
        [(ident, p.was, p.why) for p in found for ident in p.ids],
        schema={"id": pl.String, "was": pl.String, "why": pl.String},
        orient="row",
    )
    stray = _stray(frames).filter(~pl.col("id").is_in(was["id"].implode()))
    whole = judged.join(pl.concat([was, stray]), on="id", how="left", maintain_order="left")
    open_ = pl.col("group") == "open"
    # a deal in no stage has no group of its own; whether it is open its status tells
    in_flight = open_ | pl.col("id").is_in(_open(frames).implode()) & (pl.col("group") == "unmapped")
    whole = whole.with_columns(in_flight.alias("flying"), pl.col("stage").cast(pl.String))
    told = [_moved(key, part, playbook) for key, part in _grouped(whole)]
    order = {name: n for n, name in enumerate([*playbook.process.becomes, *(s.id for s in playbook.process.stages)])}
    told.sort(key=lambda m: (order.get(m.was, len(order)), order.get(m.now or "", len(order)), m.was, m.why))
    stays = whole.filter(pl.col("was").is_null(), open_).height
    nowhere = tuple(ident for m in told if m.now is None for ident in m.ids)
    made = Migration(playbook, report.as_of, tuple(told), stays, nowhere)
    return made if before is None else _compared(made, report, before)


_AMOUNT = ("amount", "amount.currency")


def _stray(frames: Frames) -> pl.DataFrame:
    """Deals whose stage is none of the process's, in whatever words."""
    schema = {"id": pl.String, "was": pl.String, "why": pl.String}
    if "stage.unfit" not in frames.deals.columns:
        return pl.DataFrame(schema=schema)
    raw = pl.col("stage.unfit").struct.field("raw")
    there = frames.deals.filter(raw.is_not_null(), pl.col("stage.unfit").struct.field("why") != "placeholder")
    return there.select("id", raw.alias("was"), pl.lit(NO_SUCH_STAGE).alias("why"))


def _open(frames: Frames) -> pl.Series:
    if "status" not in frames.deals.columns:
        return frames.deals["id"]
    return frames.deals.filter(pl.col("status").cast(pl.String) == "open")["id"]


def _grouped(whole: pl.DataFrame) -> Iterable[tuple[tuple[str, str | None, str], pl.DataFrame]]:
    moved = whole.filter(pl.col("was").is_not_null())
    for (was, now, why), part in moved.group_by("was", "stage", "why", maintain_order=True):
        yield (str(was), None if now is None else str(now), str(why)), part


def _moved(key: tuple[str, str | None, str], part: pl.DataFrame, playbook: Playbook) -> Moved:
    was, now, why = key
    flying = part.filter(pl.col("flying"))
    states = Counter(State(s) for s in flying["state"].drop_nulls().cast(pl.String).to_list())
    sums: dict[str, int] = {}
    own = playbook.process.currency
    for minor, code in flying.select(*_AMOUNT).iter_rows():
        if minor is not None:
            sums[code or own] = sums.get(code or own, 0) + minor
    amounts = tuple(Money(total, code) for code, total in sums.items())
    return Moved(was, now, why, tuple(flying["id"]), amounts, dict(states), part.height - flying.height)


def _compared(made: Migration, after: Batch, given: tuple[Playbook, Frames]) -> Migration:
    playbook, frames = given
    before = check_frames(playbook, frames, made.as_of)
    earlier = before.judged.select("id", pl.col("state").cast(pl.String).alias("@before"))
    both = after.judged.join(earlier, on="id", how="left", maintain_order="left")
    asked = both.filter(pl.col("group").cast(pl.String).is_in(["open", "unmapped"])).with_columns(
        pl.col("state").cast(pl.String).alias("@after")
    )
    held = asked.collect()
    turns = Counter(
        (State(b) if b else None, State(a) if a else None) for b, a in held.select("@before", "@after").iter_rows()
    )
    turns.pop((None, None), None)
    blocked = held.filter(
        (pl.col("@after") == State.BLOCKED.value) & pl.col("@before").ne_missing(pl.lit(State.BLOCKED.value))
    )
    by: Counter[str] = Counter()
    for stage in made.playbook.process.open_stages:
        mine = blocked.filter(pl.col("stage").cast(pl.String) == stage.id)
        for criterion in made.playbook.process.asked_in(stage):
            if criterion.holds and mine.height:
                by[criterion.id] += mine.filter(pl.col(criterion.id).cast(pl.String) == Status.UNMET.value).height
    most = by.most_common(1)
    named = {k.id: k for k in made.playbook.process.criteria}
    return Migration(
        made.playbook,
        made.as_of,
        made.moved,
        made.stays,
        made.nowhere,
        playbook,
        dict(sorted(turns.items(), key=lambda turn: (-turn[1], str(turn[0][0]), str(turn[0][1])))),
        tuple(blocked["id"]),
        (named[most[0][0]], most[0][1]) if most and most[0][1] else None,
    )
