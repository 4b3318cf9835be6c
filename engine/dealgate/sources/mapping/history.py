"""Stage visits and field changes: from snapshots, from single changes, or from dates of the record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import polars as pl

from dealgate.compile.frames import MOMENT, dtype_of
from dealgate.model.diagnostics import Severity
from dealgate.model.fields import Catalogue, Field
from dealgate.model.values import Unfit

from .cells import CellReader, spelled_in
from .children import POSITION, SAME, links_of
from .coded import coded, listed
from .columns import Rows, Run
from .model import History, Records, Value, fold
from .problems import literal


@dataclass(frozen=True, slots=True, eq=False)
class Past:
    """What is known of the records' past, as frames of their children; ``changes`` None: nothing tells of them."""

    visits: pl.DataFrame
    changes: pl.DataFrame | None


def past(run: Run, history: History, records: Rows, chosen: pl.DataFrame, catalogue: Catalogue) -> Past | None:
    """The records' past; None where the optional table is not there. ``chosen`` has their ``deal``, ``order``."""
    stage = dtype_of(catalogue.collections["visits"].fields["stage"])
    if history.derive:
        return Past(_visits(_derived(run, history, records, chosen, catalogue), chosen, stage), None)
    assert history.table is not None
    targets = {name: catalogue.deal[name] for name in history.table.fields if name in catalogue.deal}
    values = [history.at, *([history.channel] if history.channel else [])]
    names = [history.by, history.field_column, history.old_column, history.new_column]
    columns = Value(columns=tuple(name for name in names if name), at=history.table.at)
    if history.shape == "changes":
        section = replace(history.table, fields={})
        rows = run.rows(section, {}, [*values, columns])
    else:
        rows = run.rows(history.table, targets, [*values, columns])
    if rows is None:
        return None
    run.stop_if_refused()
    ordered = _ordered(run, rows, history, chosen, catalogue)
    if history.shape == "changes":
        changes, steps = _changes(run, rows, history, ordered, catalogue)
    else:
        changes, steps = _snapshots(run, rows, history.table, ordered, targets)
    return Past(_visits(steps, chosen, stage), _told(changes, chosen))


def _ordered(run: Run, rows: Rows, history: History, chosen: pl.DataFrame, catalogue: Catalogue) -> pl.DataFrame:
    """The rows that belong to a record and have a moment, oldest first; those of one moment as they stand."""
    assert history.table is not None
    moments = catalogue.collections["changes"].fields
    links = links_of(run, rows, history.table, chosen)
    found = [run.typed(rows, history.at, moments["at"]).value.alias("at")]
    if history.by:
        found.append(run.typed(rows, Value(columns=(history.by,)), moments["by"]).value.alias("by"))
    if history.channel:
        found.append(run.typed(rows, history.channel, moments["channel"]).value.alias("channel"))
    empty = run.problems.of(
        "DG682",
        Severity.WARNING,
        f"{{n}} row{{s}} of {literal(rows.table.name)} {{have}} no moment, and tell{{v}} nothing of when",
        rows.table,
    )
    whole = links.hstack([series.gather(links["place"]) for series in found])
    empty.add(whole.filter(pl.col("at").is_null())["row"])
    timed = whole.filter(pl.col("at").is_not_null()).sort("at", maintain_order=True)
    return timed.drop("row").with_row_index("turn")


def _snapshots(
    run: Run, rows: Rows, table: Records, ordered: pl.DataFrame, targets: Mapping[str, Field]
) -> tuple[list[pl.DataFrame], pl.DataFrame]:
    """Where a field differs from the snapshot before it has changed; a first one changes from nothing."""
    changes = []
    ordered = ordered.sort("order", "turn")
    steps = ordered.select("order", "at", pl.lit(None, pl.String).alias("stage")).clear()
    for nth, (name, target) in enumerate(targets.items()):
        column = run.typed(rows, table.fields[name], target)
        now = run.spelled(rows, table.fields[name], target).gather(ordered["place"])
        told = ordered.with_columns(now.alias("to")).with_columns(
            pl.when(SAME).then(pl.col("to").shift(1)).alias("from"),
            pl.lit(name).alias("field"),
            pl.lit(nth, pl.UInt32).alias("nth"),
        )
        changes.append(told.filter(pl.col("to").ne_missing(pl.col("from"))))
        if name == "stage":
            steps = ordered.select("order", "at").with_columns(
                column.value.gather(ordered["place"]).cast(pl.String).alias("stage")
            )
    return changes, steps


def _changes(
    run: Run, rows: Rows, history: History, ordered: pl.DataFrame, catalogue: Catalogue
) -> tuple[list[pl.DataFrame], pl.DataFrame]:
    """Every row is the change of the field it names."""
    assert history.table is not None
    file = literal(rows.table.name)
    others = run.problems.of(
        "DG685",
        Severity.INFO,
        f"{{n}} row{{s}} of {file} tell{{v}} of fields that are not mapped: {{values}}",
        rows.table,
    )
    words = rows.coded(history.field_column)
    ours = [_ours(text, history, catalogue) for text in words.texts().to_list()]
    named = words.rows(pl.Series(ours, dtype=pl.String)).gather(ordered["place"])
    told = ordered.with_columns(named.alias("field"), rows.numbers.gather(ordered["place"]).alias("row"))
    strange = told.filter(pl.col("field").is_null())
    others.add(strange["row"], words.rows(words.texts()).gather(strange["place"]))
    changes, misfits = [], []
    steps = ordered.select("order", "at", pl.lit(None, pl.String).alias("stage")).clear()
    for (name,), part in told.filter(pl.col("field").is_not_null()).group_by("field", maintain_order=True):
        target = catalogue.deal[str(name)]
        reader = CellReader(history.table.fields.get(str(name), Value()), target, rows.layout, run.reading)
        old, raw_old = _sides(reader, rows, history.old_column, part)
        new, raw_new = _sides(reader, rows, history.new_column, part)
        changes.append(
            part.with_columns(
                old["spelled"].alias("from"), new["spelled"].alias("to"), pl.lit(0, pl.UInt32).alias("nth")
            )
        )
        both = [frame.with_columns(pl.lit(side).alias("side")) for side, frame in enumerate((raw_old, raw_new))]
        unfit = pl.concat(both).sort("turn", "side")
        if unfit.height:
            misfits.append((target, unfit))
        if name == "stage":
            steps = _entered(part.with_columns(old["value"].alias("old"), new["value"].alias("stage")))
    column = Value(columns=(history.new_column,))
    for target, unfit in misfits:
        run.count(rows.table, unfit["row"], unfit.select(pl.struct("raw", "why")).to_series(), column, target)
    return changes, steps


def _ours(word: str, history: History, catalogue: Catalogue) -> str | None:
    name = history.names.get(fold(word)) if history.names else word
    return name if name in catalogue.deal else None


def _sides(reader: CellReader, rows: Rows, name: str | None, part: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The values in a column of these rows, as history spells them and as they are; and those that do not fit."""
    series = rows.series(name) if name else None
    given = coded(
        (series if series is not None else pl.Series([None], dtype=pl.String)).gather(
            part["place"] if series is not None else part["place"] * 0
        )
    )
    read = [reader.read(cell) for cell in listed(given.cells)]
    unfit = [(one.raw, one.why) if isinstance(one, Unfit) else (None, None) for one in read]
    answers = {
        "spelled": [spelled_in(one, reader.field) for one in read],
        "value": [one if isinstance(one, str) else None for one in read],
        "raw": [raw for raw, _ in unfit],
        "why": [why for _, why in unfit],
    }
    found = pl.DataFrame(answers, schema=dict.fromkeys(answers, pl.String))[given.places]
    misfits = part.select("turn", "row").hstack(found.select("raw", "why")).filter(pl.col("why").is_not_null())
    return found, misfits


def _entered(told: pl.DataFrame) -> pl.DataFrame:
    """Stages entered, oldest first. The stage before a record's first is one whose beginning is not told."""
    stages = told.filter(pl.any_horizontal(pl.col("old", "stage").is_not_null()))
    before = stages.unique("order", keep="first", maintain_order=True).filter(pl.col("old").is_not_null())
    return pl.concat(
        [
            before.select("turn", "order", pl.lit(None, MOMENT).alias("at"), pl.col("old").alias("stage")),
            told.select("turn", "order", "at", "stage"),
        ]
    ).sort("turn", maintain_order=True)


def _derived(run: Run, history: History, rows: Rows, chosen: pl.DataFrame, catalogue: Catalogue) -> pl.DataFrame:
    """Steps by dates of the record. Dates tell nothing of other fields, so there are no changes."""
    moment = catalogue.collections["visits"].fields["entered"]
    steps = []
    for nth, step in enumerate(history.derive):
        at = run.typed(rows, step.at, moment, at=run.at).value.alias("at")
        stage = pl.lit(step.stage, pl.String).alias("stage")
        steps.append(chosen.select("order", at, stage, pl.lit(nth).alias("nth")))
    back = run.problems.of(
        "DG683",
        Severity.WARNING,
        f"{{n}} {run.mapping.kind}{{s}} of {literal(rows.table.name)} {{have}} stage dates that run backwards",
        rows.table,
        "Correct the dates; until then the stages stand in the order of their dates.",
    )
    told = pl.concat(steps).filter(pl.col("at").is_not_null()).sort("order", "nth")
    wrong = told.filter(SAME & (pl.col("at") < pl.col("at").shift(1)))["order"].unique().sort()
    back.add(rows.numbers.gather(chosen["place"].gather(wrong)))
    return told.sort("order", "at", "nth").select("order", "at", "stage")


def _visits(steps: pl.DataFrame, chosen: pl.DataFrame, stage: pl.DataType) -> pl.DataFrame:
    """Stages entered, each left where the next step is another; a step to no stage leaves the one before."""
    told = steps.sort("order", maintain_order=True)
    told = told.filter(~SAME | pl.col("stage").ne_missing(pl.col("stage").shift(1)))
    stays = told.select(
        "order",
        pl.col("stage").cast(stage),
        pl.col("at").alias("entered"),
        pl.when(pl.col("order") == pl.col("order").shift(-1)).then(pl.col("at").shift(-1)).alias("left"),
    ).filter(pl.col("stage").is_not_null())
    return _numbered(stays, chosen, ["stage", "entered", "left"])


def _told(changes: list[pl.DataFrame], chosen: pl.DataFrame) -> pl.DataFrame:
    """The changes of all fields in one frame, oldest first."""
    fields = ["field", "from", "to", "at", "by", "channel"]
    if not changes:
        empty = pl.DataFrame(schema={"order": chosen.schema["order"], **dict.fromkeys(fields, pl.String)})
        return _numbered(empty, chosen, fields)
    whole = pl.concat(changes).sort("order", "turn", "nth")
    return _numbered(whole, chosen, [field for field in fields if field in whole.columns])


def _numbered(frame: pl.DataFrame, chosen: pl.DataFrame, fields: list[str]) -> pl.DataFrame:
    """Rows in their order as children of their deals; columns that hold nothing are left out."""
    held = [field for field in fields if frame[field].null_count() < frame.height]
    return frame.select(chosen["deal"].gather(frame["order"]).alias("deal"), POSITION.alias("position"), *held)
