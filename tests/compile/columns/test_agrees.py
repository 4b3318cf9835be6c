"""The batch answer is the single answer: generated processes and deals, in columns and one by one."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import polars as pl
import pytest

from dealgate.compile.columns.run import Columns, Ready, layout_of, ready, shape_of
from dealgate.compile.frames import frames_of
from dealgate.compile.plan.build import build
from dealgate.compile.reference import Walk
from dealgate.decide.judge import Judge
from dealgate.model.verdict import Status

from ..strategies import Generated, generate, seeded


def as_they_are(frames: Ready) -> Ready:
    return frames


def lazy(frames: Ready) -> Ready:
    return Ready(frames.deals.lazy(), {name: frame.lazy() for name, frame in frames.children.items()})


def in_lists(frames: Ready) -> Ready:
    """Collections as lists of structs in the deals' rows; null where they were never synced."""
    deals = frames.deals
    for name, frame in frames.children.items():
        inner = pl.struct(pl.exclude("deal")).alias(name)
        listed = frame.sort("deal", "position").group_by("deal", maintain_order=True).agg(inner)
        deals = deals.join(listed, left_on="id", right_on="deal", how="left", maintain_order="left")
        flag = f"{name}.synced"
        synced = pl.col(flag) if flag in deals.columns else pl.lit(True)
        nothing = pl.lit([], dtype=listed.schema[name])
        held = pl.when(pl.col(name).is_null() & synced).then(nothing).otherwise(pl.col(name)).alias(name)
        deals = deals.with_columns(held)
        deals = deals.drop(flag) if flag in deals.columns else deals
    return Ready(deals, {})


def with_floats(frames: Ready) -> Ready:
    """Numbers and percents as floats, where these stand for them."""

    def changed(frame: pl.DataFrame) -> pl.DataFrame:
        made = []
        for column in frame.iter_columns():
            if column.dtype.is_decimal() and column.dtype.scale < 18:  # type: ignore[attr-defined]
                made.append(column.cast(pl.Float64))
        return frame.with_columns(made)

    return Ready(changed(frames.deals), {name: changed(frame) for name, frame in frames.children.items()})


FORMS = {form.__name__: form for form in (as_they_are, lazy, in_lists, with_floats)}


def disagreements(made: Generated, form: str = "as_they_are", **how: Any) -> Iterator[tuple[Any, ...]]:
    """(deal, what, one by one, in columns) wherever they differ."""
    judge = Judge(made.process, made.rates)
    frames = FORMS[form](ready(frames_of(made.deals, made.process), made.process))
    layout = layout_of(frames)
    found = Columns(build(made.process, made.moment, shape_of(layout)), layout).over(frames).collect(**how)
    assert found["id"].to_list() == [d.id for d in made.deals]
    as_of = made.moment.as_of
    for row, deal in zip(found.iter_rows(named=True), made.deals, strict=True):
        wanted: dict[str, Any] = {v.criterion.id: v.status.value for v in judge.evaluate(deal, as_of)}
        standing = judge.standing(deal, as_of)
        wanted["group"] = standing.group
        wanted["state"] = standing.state.value if standing.state else None
        wanted["readiness"] = None if standing.readiness is None else float(standing.readiness)
        wanted.update({f"framework.{q.framework}": q.status for q in judge.qualification(deal, as_of)})
        for what, want in wanted.items():
            if row[what] != want:
                yield deal.id, what, want, row[what]


@pytest.mark.parametrize("seed", range(12))
def test_columns_answer_as_one_by_one(seed: int) -> None:
    assert not list(disagreements(seeded(seed, 6, 20)))


@pytest.mark.parametrize("form", FORMS)
def test_columns_answer_alike_in_every_form(form: str) -> None:
    for seed in range(20, 24):
        assert not list(disagreements(seeded(seed, 6, 12), form)), seed


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("start", range(0, 200, 50))
def test_many_processes_answer_as_one_by_one(form: str, start: int) -> None:
    for seed in range(1000 + start, 1050 + start):
        assert not list(disagreements(seeded(seed, 8, 40), form)), seed


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_two_thousand_conditions_answer_as_the_walker_does_on_two_hundred_deals_each(part: int) -> None:
    """The same that every database is asked in ``tests/compile/sql/test_agreement.py``."""
    forms = list(FORMS)
    for seed in range(1000 + 25 * part, 1025 + 25 * part):
        made = generate(Random(seed), criteria=20, deals=200)
        judge = Judge(made.process, made.rates)
        for deal in made.deals:
            walk = Walk(made.process, deal, made.moment)
            for verdict in judge.evaluate(deal, made.moment.as_of):
                if verdict.status is not Status.WAIVED:
                    assert verdict.status is walk.verdict(verdict.criterion), (seed, deal.id, verdict.criterion.id)
        assert not list(disagreements(made, forms[seed % len(forms)])), seed


@pytest.mark.slow
def test_the_streaming_engine_answers_alike() -> None:
    for seed in range(40):
        assert not list(disagreements(seeded(seed, 6, 20), "lazy", engine="streaming")), seed


def test_no_deals_are_no_rows_of_the_same_columns() -> None:
    made = seeded(3, 4, 4)
    frames = ready(frames_of(made.deals, made.process), made.process)
    none = Ready(frames.deals.clear(), {name: frame.clear() for name, frame in frames.children.items()})
    schemas = []
    for one in (frames, none):
        layout = layout_of(one)
        found = Columns(build(made.process, made.moment, shape_of(layout)), layout).over(one).collect()
        schemas.append(found.schema)
    assert found.height == 0 and schemas[0] == schemas[1]


@pytest.mark.slow
def test_a_process_of_1500_criteria_is_carried_out() -> None:
    made = seeded(Random(5).randrange(10**6), 6, 20)
    first, *rest = made.process.stages
    many = tuple(k.replace(id=f"first.n{copy}-{n}") for copy in range(250) for n, k in enumerate(first.exit))
    process = made.process.replace(stages=(first.replace(exit=(*first.exit, *many)), *rest))
    assert len(process.criteria) > 1500
    frames = ready(frames_of(made.deals, process), process)
    layout = layout_of(frames)
    found = Columns(build(process, made.moment, shape_of(layout)), layout).over(frames).collect()
    for n, criterion in enumerate(first.exit):
        copy = pl.col(f"first.n249-{n}")  # which no override names
        assert found.select((copy == pl.col(criterion.id)) | (pl.col(criterion.id) == "waived")).to_series().all()
