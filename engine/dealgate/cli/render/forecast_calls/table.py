"""The calls of a period for a terminal: by layer, each with what stood before, by whom, and why."""

from __future__ import annotations

from collections.abc import Iterator

from rich.table import Table
from rich.text import Text

from ....compile.words import value
from ....model.call import LAYERS
from ....model.values import local_date
from ....sources.table import counted
from ...called import Freeze, Line, Listed
from ..clean import one_line
from ..console import console, written
from ..figures import day
from ..forecast_call import _words as words
from ..width import hanging


def render(found: Listed) -> str:
    """The calls, then what was frozen; where there is no call, how one is made."""
    known = f", by what had been entered by {day(local_date(found.known_at, found.zone))}" if found.known_at else ""
    title = f"{_period(found)}, as of {day(local_date(found.as_of, found.zone))}{known}"
    lines = [*hanging(f"Calls for {title}"), ""] if found.lines else list(_nobody(found, known))
    if found.lines:
        screen = console(colour=False)
        screen.print(_calls(found))
        lines.append(written(screen))
        if found.elsewhere:
            lines += ["", *hanging(_elsewhere(found))]
    lines += ["", *_frozen(found)]
    return "\n".join(lines)


def _period(found: Listed) -> str:
    return f"{found.period} ({day(found.first)} to {day(found.last)})"


def _nobody(found: Listed, known: str) -> Iterator[str]:
    told = f"Nobody had called {_period(found)} by {day(local_date(found.as_of, found.zone))}{known}"
    words = "--amount AMOUNT --reason WORDS --by NAME"
    make = f"; `dealgate forecast call --period {found.period} --layer manager {words}` makes a call"
    yield from hanging(f"{told}{'' if found.over else make}.")
    if found.elsewhere:
        yield from hanging(_elsewhere(found))


def _elsewhere(found: Listed) -> str:
    return f"There are calls for other periods too: {', '.join(found.elsewhere)} (--period)."


def _calls(found: Listed) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("When", overflow="fold")
    for name in ("Before", "Called"):
        table.add_column(name, justify="right", overflow="fold")
    table.add_column("By whom, of what, and why", overflow="fold")
    for layer in LAYERS:
        mine = [one for one in found.lines if one.call.layer == layer]
        if mine:
            table.add_row(Text(layer.capitalize()))
        for one in mine:
            when = day(local_date(one.call.at, found.zone))
            table.add_row(Text(when), *(Text(cell) for cell in _change(one)), Text(_told(found, one)))
    return table


def _change(line: Line) -> tuple[str, str]:
    """What stood before and what is called: an amount, a category or, one below the other, both."""
    one, before, after = line.call, [], []
    if one.after is not None:
        before.append(value(one.before) if one.before is not None else "not known")
        after.append(value(one.after))
    if one.category is not None:
        before.append(words.category(one.category_before))
        after.append(words.category(one.category))
    return "\n".join(before), "\n".join(after)


def _told(found: Listed, line: Line) -> str:
    one = line.call
    marks = [words.entered(one, found.zone)]
    if found.every:
        marks.append(f"{one.id}, replaced by {line.replaced_by}" if line.replaced_by else one.id)
    more = "; ".join(mark for mark in marks if mark)
    head = f"{one.author}, {words.about(one, line.name)}"
    return f"{one_line(head)}{f' ({more})' if more else ''}\n{one_line(one.reason)}"


def _frozen(found: Listed) -> Iterator[str]:
    if not found.frozen:
        yield from hanging(f"Nothing of {found.period} was frozen by then.")
    for one in found.frozen:
        yield from hanging(_freeze(found, one))


def _freeze(found: Listed, one: Freeze) -> str:
    by = f"by {one.by}" if one.by is not None else "by nobody that is known"
    taken = local_date(one.taken_at, found.zone)
    told = f"Frozen at {one.moment} ({day(one.day)}): {counted(one.forecasts, 'forecast')}, {by}"
    told += f" on {day(taken)}" if taken != one.day else ""
    return f"{told}.{f' {one.late:,} of them saw what was learned only later.' if one.late else ''}"
