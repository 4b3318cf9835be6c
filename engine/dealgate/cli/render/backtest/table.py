"""A backtest for a terminal: the verdict first, then a line a method, and whether the chances held."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ....forecast.backtest import Score, Tested, graded
from ....forecast.layers import Added
from ....forecast.snapshot import Snapshot
from ...past import Past
from ..clean import one_line
from ..console import console, written
from ..explain import wrapped
from ..width import width
from . import _words as words

_ANY = 1000
"""Columns that every table has room in, to measure what it takes."""


def render(
    tested: Tested, past: Past, snapshot: Snapshot, layers: Mapping[str, Mapping[str, Added]] = MappingProxyType({})
) -> str:
    """The text."""
    screen = console()

    def say(text: str, style: str = "") -> None:
        for line in wrapped(one_line(text), width(100)):
            screen.print(Text(line, style=style), soft_wrap=True)

    say(f"{words.process(past)}: {words.spans(tested, snapshot)}", "bold")
    for lag, verdict in tested.verdicts.items():
        mine = tested.at(lag)
        screen.print()
        say(f"{words.lag(lag)}: {verdict}")
        screen.print()
        screen.print(_scores([one for one in mine if one.n], screen))
        for line in words.layers(layers.get(lag, {})):
            say(line)
        for line in words.silent(mine, len(tested.periods)):
            say(line)
        chosen = graded(mine)
        if chosen is not None:
            screen.print()
            say(words.chances(chosen))
            if not words.held(chosen):
                screen.print()
                screen.print(_curve(chosen))
    screen.print()
    for line in words.foot(tested, past):
        say(line)
    return written(screen)


def _scores(scores: list[Score], screen: Console) -> Table:
    """With the log loss where there is room for it: it judges what the Brier score does."""
    heads = [name for name in words.HEADS if name != words.LOG_LOSS]
    for shown in (words.HEADS, heads):
        table = _table("Method", *shown[1:])
        for one in scores:
            cells = zip(words.HEADS, words.row(one), strict=True)
            table.add_row(*(Text(cell) for name, cell in cells if name in shown))
        if screen.measure(table, options=screen.options.update(max_width=_ANY)).maximum <= screen.width:
            break
    return table


def _curve(score: Score) -> Table:
    table = _table("Given", "Came", "n", "95 % interval")
    table.columns[0].justify = "right"
    table.add_column("", no_wrap=True)
    for one in score.curve:
        table.add_row(*words.bin_(one), words.OFF[one.off] if one.off else "✓")
    return table


def _table(first: str, *rest: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(first, no_wrap=True)
    for name in rest:
        table.add_column(name, justify="right", no_wrap=True)
    return table
