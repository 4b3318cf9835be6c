"""Metrics for a terminal: first all figures that are of no group, then a table a metric; periods as a line of bars."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.table import Table
from rich.text import Text

from ....compile.words import choice
from ..clean import one_line
from ..console import console, written
from ..explain import wrapped
from ..figures import between, change, shown, spark
from ..width import columns, width
from ..write import put
from ._view import Block, Line, View, by_period, heads, rest_keys

_PERIODS = 4
"""Periods whose figures are written out beside the bars."""


def render(view: View, out: Path | None) -> None:
    """Writes the tables."""
    screen = console(colour=out is None)
    screen.print(Text(one_line(view.heading)), soft_wrap=True)
    plain = [block for block in view.blocks if not block.keys]
    if plain:
        screen.print()
        screen.print(_summary(plain, view))
    for block in view.blocks:
        if block.keys:
            screen.print()
            for text in wrapped(f"{block.title}: {_lower(block.spec.name)}", width(100)):
                screen.print(Text(text, style="bold"), soft_wrap=True)
            for table in _grouped(block, view):
                screen.print(table)
    notes = [*view.notes, *_left_out(view)]
    if notes:
        screen.print()
        for note in notes:
            for line in wrapped(one_line(note), width(100)):
                screen.print(Text(line), soft_wrap=True)
    put(written(screen), out, exact=True)


def _lower(words: str) -> str:
    return words[:1].lower() + words[1:]


def _table(*names: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in names:
        table.add_column(Text(name))
    return table


def _summary(blocks: list[Block], view: View) -> Table:
    """A line a measure: its figure, n, interval, and how far it has moved."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("Metric", overflow="fold")
    table.add_column("Figure", justify="right", no_wrap=True)
    table.add_column("n", justify="right", no_wrap=True)
    table.add_column("95 %", justify="right", no_wrap=True)
    if view.before:
        table.add_column("Change", justify="right", no_wrap=True)
    table.add_column("", overflow="fold", max_width=max(16, columns(100) // 3))
    for block in blocks:
        for line in block.lines:
            for measure in block.measures:
                figure = line.figures[measure]
                name = block.title if measure == block.spec.headline else f"  {one_line(block.spec.measures[measure])}"
                cells = [name, shown(figure), f"{figure.n:,}", between(figure)]
                cells += [change(figure, line.before.get(measure))] if view.before else []
                table.add_row(*map(Text, [*cells, one_line(figure.reason or "")]))
    return table


def _grouped(block: Block, view: View) -> Iterator[Table]:
    periods = by_period(block)
    if periods is not None and len(periods[0]) > 1:
        yield _over_time(block, *periods)
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for head in heads(block.keys):
        table.add_column(Text(head), overflow="ellipsis", max_width=max(16, columns(100) // 3))
    # several metrics: the figure that each name means; one alone: all that there is room for
    measures = _fitting(block) if len(view.blocks) == 1 else block.measures[:1]
    for measure in measures:
        table.add_column(Text(_head(block, measure)), justify="right", overflow="fold")
    table.add_column("n", justify="right", no_wrap=True)
    interval = any(between(line.figures[measures[0]]) for line in block.lines if measures[0] in line.figures)
    if interval:
        table.add_column("95 %", justify="right", no_wrap=True)
    if view.before:
        table.add_column("Change", justify="right", no_wrap=True)
    table.add_column("", overflow="fold", max_width=max(16, columns(100) // 4))
    for line in block.lines:
        first = line.figures.get(measures[0])
        cells = [*line.keys, *(shown(line.figures[m]) if m in line.figures else "" for m in measures)]
        cells.append(f"{first.n:,}" if first else "")
        cells += [between(first) if first else ""] if interval else []
        cells += [change(first, line.before.get(measures[0])) if first else ""] if view.before else []
        table.add_row(*(Text(one_line(cell)) for cell in [*cells, "; ".join(line.notes(measures))]))
    yield table


def _fitting(block: Block) -> tuple[str, ...]:
    """As many measures as a terminal has room for."""
    room = max(1, (columns(100) - 26 * len(block.keys) - 24) // 13)
    return block.measures[:room]


def _head(block: Block, measure: str) -> str:
    return "Figure" if measure == block.spec.headline else choice(measure).capitalize()


def _over_time(block: Block, periods: list[str], lines: dict[tuple[str, ...], dict[str, Line]]) -> Table:
    """A line a group: bars over all periods, and the last ones in figures."""
    measure = block.measures[0]
    rest = rest_keys(block)
    table = _table(*heads(rest), f"{periods[0]} to {periods[-1]}")
    room = max(1, (columns(100) - 26 * len(rest) - len(periods) - 6) // 12)
    last = periods[-min(_PERIODS, room) :]
    for period in last:
        table.add_column(Text(period), justify="right", no_wrap=True)
    table.add_column("n", justify="right", no_wrap=True)
    for keys, by in lines.items():
        figures = {period: line.figures[measure] for period, line in by.items() if measure in line.figures}
        bars = spark([figures[p].value if p in figures else None for p in periods])
        cells = [*keys, bars, *(shown(figures[p]) if p in figures else "" for p in last)]
        table.add_row(*(Text(one_line(cell)) for cell in [*cells, f"{sum(f.n for f in figures.values()):,}"]))
    return table


def _left_out(view: View) -> list[str]:
    """What figures do not rest on, by metric."""
    found = []
    for metric, parts in view.measured.left_out.items():
        for part in parts:
            shown_ = f" ({', '.join(part.examples[:3])}{', …' if part.n > 3 else ''})" if part.examples else ""
            found.append(f"{metric.replace('_', ' ').capitalize()} leaves out {part.n:,}: {part.reason}{shown_}.")
    return found
