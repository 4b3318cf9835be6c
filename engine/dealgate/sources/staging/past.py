"""Stage visits and field changes in SQL: from snapshots, from single changes, or from dates of the record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqlglot import exp

from dealgate.compile.sql.layout import staging_name
from dealgate.model.fields import Field
from dealgate.sources.mapping.model import History, Value

from .cells import Typed
from .layers import named, table
from .rows import Context, Gap, Rows
from .speech import E, both, case, column, filled, joined, number, text
from .tables import (
    Asked,
    StagedTable,
    Steps,
    by,
    finish,
    kept,
    link,
    null_of,
    numbered,
    ordered_by,
    plain_of,
    read_fields,
)

CHANGES, VISITS = "changes", "visits"


def turns(context: Context, asked: Asked, steps: Steps, events: str) -> StagedTable:
    """The visits that events make up: rows of ``deal``, ``at``, ``nth`` and ``stage`` (null: in no stage any more)."""
    lag = exp.Window(
        this=exp.Anonymous(this="LAG", expressions=[column("stage")]), partition_by=[column("deal")], order=by("nth")
    )
    seen = exp.select(column("deal"), column("at"), column("nth"), column("stage"), named(lag, "before"))
    steps = [*steps, ("visits_seen", seen.from_(table(events)))]
    lead = exp.Window(
        this=exp.Anonymous(this="LEAD", expressions=[column("at")]), partition_by=[column("deal")], order=by("nth")
    )
    turned = exp.select(
        column("deal"), column("nth"), column("stage"), named(column("at"), "entered"), named(lead, "left")
    ).from_(table("visits_seen"))
    turned = turned.where(exp.NullSafeNEQ(this=column("stage"), expression=column("before")), copy=False)
    steps.append(("visits_turns", turned))
    values = exp.select(exp.Star()).from_(table("visits_turns")).where(filled(column("stage")))
    steps.append(("visits_values", values))
    return finish(context, asked, steps, {n: column(n) for n in ("stage", "entered", "left")}, by("nth"))


def of_dates(context: Context, asked: Asked, steps: Steps, dates: list[tuple[str, str | None]]) -> StagedTable:
    """Visits by dates of the record: columns of the deals' step of values, each with the stage entered."""
    selects = [
        exp.select(named(column("id"), "deal"), named(column(name), "at"), named(number(place), "step"))
        .select(named(text(stage) if stage else null_of(context, "choice"), "stage"), copy=False)
        .from_(table("deals_values"))
        .where(both(exp.EQ(this=column("nth"), expression=number(1)), filled(column(name))))
        for place, (name, stage) in enumerate(dates, 1)
    ]
    union = selects[0] if len(selects) == 1 else exp.union(*selects, distinct=False)
    nth = numbered("deal", by("at", "step"))
    events = exp.select(column("deal"), column("at"), named(nth, "nth"), column("stage")).from_(table("visits_dates"))
    return turns(context, asked, [*steps, ("visits_dates", union), ("visits_events", events)], "visits_events")


def _moments(context: Context, rows: Rows, history: History, asked: Asked) -> tuple[dict[str, E], E, E]:
    """When, by whom and through what; the deal; and the condition of rows that count."""
    known = context.process.catalogue.collections[CHANGES].fields
    fields: dict[str, Value] = {"at": history.at}
    if history.by:
        fields["by"] = Value(columns=(history.by,), at=history.at.at)
    if history.channel:
        fields["channel"] = history.channel
    found = read_fields(context, rows, fields, known, asked, fields)
    deal = link(rows, rows.section.link)
    if "at" not in found:
        return {}, deal, exp.false()
    held = {"at": found["at"].value}
    held |= {
        n: case((exp.Not(this=exp.func("COALESCE", t.unfit.copy(), exp.false())), t.value))
        for n, t in found.items()
        if n != "at"
    }
    return held, deal, both(kept(rows), filled(deal), filled(held["at"]))


def of_table(context: Context, history: History, rows: Rows, visits: Asked, changes: Asked) -> dict[str, StagedTable]:
    """Visits and changes from a table of history; what cannot be staged is a gap of both."""
    held, deal, where = _moments(context, rows, history, changes)
    if not held:
        why = f"it needs the moment of each change, and {changes.table} has none here"
        context.gaps.append(Gap(VISITS, "", why, history.at.at))
        context.gaps.append(Gap(CHANGES, "", why, history.at.at))
        return {}
    if history.shape == "changes":
        return _single(context, history, rows, visits, changes, held, deal, where)
    return _snapshots(context, history, rows, visits, changes, held, deal, where)


def _events(rows: Rows, held: Mapping[str, E], deal: E, where: E, more: Mapping[str, E]) -> Steps:
    """The rows that count, numbered by deal in the order of their moments."""
    order = ordered_by(rows)
    order.set("expressions", [exp.Ordered(this=held["at"].copy()), *order.expressions])
    window = exp.Window(this=exp.RowNumber(), partition_by=[deal.copy()], order=order)
    before = rows.layers.queries()
    query = rows.layers.select({"deal": deal, "nth": window, **held, **more}, before[-1][0]).where(where)
    return [*before, ("changes_events", query)]


def _key(context: Context, found: Typed, target: Field, raw: E) -> E:
    """A value as text that is the same only for the same value; of a text that is none, the text itself."""
    shown = context.speech.texts(found.value)
    if found.currency is not None:
        shown = joined(shown, text(" "), exp.func("COALESCE", found.currency.copy(), text("")))
    return case((filled(found.value), shown), (found.unfit.copy(), joined(text("?"), raw.copy())))


def _snapshots(
    context: Context,
    history: History,
    rows: Rows,
    visits: Asked,
    changes: Asked,
    held: Mapping[str, E],
    deal: E,
    where: E,
) -> dict[str, StagedTable]:
    assert history.table is not None
    known = context.process.catalogue.deal
    fields = [name for name in history.table.fields if name in known]
    found = read_fields(context, rows, history.table.fields, known, _of_sides(changes, known), fields)
    more: dict[str, E] = {}
    for name, one in found.items():
        cells = [rows.cell(c, history.table.fields[name]) for c in history.table.fields[name].columns]
        plain = staging_name(name)
        more[f"{plain}__to"] = one.value
        more[f"{plain}__key"] = _key(context, one, known[name], cells[0] if cells else text(""))
        if one.currency is not None:
            more[f"{plain}__to__currency"] = one.currency
    steps = _events(rows, held, deal, where, more)
    lagged = exp.select(exp.Star())
    for name in more:
        old = name.replace("__to", "__from") if "__to" in name else f"{name}_before"
        lag = exp.Window(
            this=exp.Anonymous(this="LAG", expressions=[column(name)]), partition_by=[column("deal")], order=by("nth")
        )
        lagged = lagged.select(named(lag, old), copy=False)
    steps.append(("changes_pairs", lagged.from_(table("changes_events"))))
    sides = list(dict.fromkeys(plain_of(need) for need in changes.needs if need.side))
    parts: list[exp.Select] = []
    for place, name in enumerate(found, 1):
        plain = staging_name(name)
        mine = [f"{plain}__{side}{code}" for side in ("from", "to") for code in ("", "__currency")]
        select = exp.select(column("deal"), column("nth"), named(number(place), "place"), named(text(name), "field"))
        select = select.select(*(column(n) for n in held), copy=False)
        for side in sides:
            need = next(n for n in changes.needs if plain_of(n) == side)
            there = side in mine and (f"{plain}__to__currency" in more or not side.endswith("__currency"))
            select = select.select(named(column(side) if there else null_of(context, need.type), side), copy=False)
        differ = exp.NullSafeNEQ(this=column(f"{plain}__key"), expression=column(f"{plain}__key_before"))
        parts.append(select.from_(table("changes_pairs")).where(differ))
    tables: dict[str, StagedTable] = {}
    if "stage" in found:
        events = exp.select(column("deal"), column("at"), column("nth"), named(column("stage__to"), "stage"))
        events_step = ("visits_events", events.from_(table("changes_events")))
        tables[VISITS] = turns(context, visits, [*steps[:-1], events_step], "visits_events")
    elif visits.needs:
        tables[VISITS] = turns(context, visits, [*steps[:-1], ("visits_events", _no_visits(context))], "visits_events")
    if parts:
        values: exp.Query = parts[0] if len(parts) == 1 else exp.union(*parts, distinct=False)
        inner = {n: column(n) for n in ("field", *held, *sides)}
        tables[CHANGES] = finish(context, changes, [*steps, ("changes_values", values)], inner, by("nth", "place"))
    return tables


def _no_visits(context: Context) -> exp.Select:
    query = exp.select(column("deal"), column("at"), column("nth"), named(null_of(context, "choice"), "stage"))
    return query.from_(table("changes_events"))


def _of_sides(changes: Asked, known: Mapping[str, Field]) -> Asked:
    """The same, the deal's fields held as the sides of their changes are."""
    columns = {}
    for need in changes.needs:
        stored = changes.layout.column(changes.table, need.column)
        if need.side and stored is not None and not need.column.endswith("__currency"):
            columns[staging_name(need.field)] = stored
    return replace(changes, layout=replace(changes.layout, tables={changes.table: columns}))


def _single(
    context: Context,
    history: History,
    rows: Rows,
    visits: Asked,
    changes: Asked,
    held: Mapping[str, E],
    deal: E,
    where: E,
) -> dict[str, StagedTable]:
    assert history.table is not None
    known, here = context.process.catalogue.deal, Value(at=history.table.at)
    word = rows.cell(history.field_column, here)
    if history.names:
        words: dict[str, list[str]] = {}
        for spelled, ours in history.names.items():
            words.setdefault(ours, []).append(spelled)
        name: E = case(*((rows.among(word, frozenset(w)), text(ours)) for ours, w in words.items()))
        fields = list(words)
    else:
        name = case((exp.In(this=word.copy(), expressions=[text(one) for one in known]), word.copy()))
        fields = list(known)
    name = rows.layers.let("field__name", name)
    asked_sides = {need.field for need in changes.needs if need.side}
    more: dict[str, E] = {"field": name}
    where = both(where, filled(name))
    sides = {"from": history.old_column, "to": history.new_column}
    for one in fields:
        if one not in asked_sides and one != "stage":
            continue
        base = history.table.fields.get(one, Value(at=history.table.at))
        for side, place in sides.items():
            if place is None:
                continue
            value = replace(base, columns=(place,), constant=None)
            asked = _of_sides(changes, known)
            read = read_fields(context, rows, {one: value}, known, asked, [one])
            changes.hard |= asked.hard
            if one not in read:
                continue
            mine = exp.EQ(this=name.copy(), expression=text(one))
            more[f"{staging_name(one)}__{side}"] = case((mine, read[one].value))
            code = read[one].currency
            if code is not None:
                more[f"{staging_name(one)}__{side}__currency"] = case((mine.copy(), code))
    steps = _events(rows, held, deal, where, more)
    tables: dict[str, StagedTable] = {}
    if "stage__to" in more:
        tables[VISITS] = _visits(context, visits, steps, "stage__from" in more)
    elif visits.needs:
        tables[VISITS] = turns(context, visits, [*steps, ("visits_events", _no_visits(context))], "visits_events")
    inner = {n: column(n) for n in (*held, *more)}
    values = exp.select(exp.Star()).from_(table("changes_events"))
    tables[CHANGES] = finish(context, changes, [*steps, ("changes_values", values)], inner, by("nth"))
    return tables


def _visits(context: Context, visits: Asked, steps: Steps, with_old: bool) -> StagedTable:
    """Every stage entered; before the first, the stage left then, of which it is not told when it was entered."""
    mine = exp.EQ(this=column("field"), expression=text("stage"))
    news = exp.select(column("deal"), column("at"), named(exp.Mul(this=column("nth"), expression=number(2)), "nth"))
    news = news.select(named(column("stage__to"), "stage"), copy=False).from_(table("changes_events")).where(mine)
    if not with_old:
        return turns(context, visits, [*steps, ("visits_events", news)], "visits_events")
    told = exp.func("COALESCE", column("stage__from"), column("stage__to"))
    first = exp.select(column("deal"), named(exp.Min(this=column("nth")), "nth")).from_(table("changes_events"))
    first = first.where(both(mine.copy(), filled(told))).group_by(column("deal"))
    before = exp.Sub(this=exp.Mul(this=column("nth", "e"), expression=number(2)), expression=number(1))
    olds = exp.select(column("deal", "e"), named(null_of(context, "datetime"), "at"), named(before, "nth"))
    olds = olds.select(named(column("stage__from", "e"), "stage"), copy=False).from_(table("changes_events", "e"))
    on = both(
        exp.EQ(this=column("deal", "f"), expression=column("deal", "e")),
        exp.EQ(this=column("nth", "f"), expression=column("nth", "e")),
    )
    olds = olds.join(table("visits_first", "f"), on=on).where(filled(column("stage__from", "e")))
    union = exp.union(olds, news, distinct=False)
    return turns(context, visits, [*steps, ("visits_first", first), ("visits_events", union)], "visits_events")
