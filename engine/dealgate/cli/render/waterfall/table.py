"""A waterfall for a terminal: a line a cause with a bar, and the deals behind it where that is asked."""

from __future__ import annotations

from pathlib import Path

import polars as pl
from rich.table import Table
from rich.text import Text

from ....compile.words import value
from ....metrics.waterfall import Line, Waterfall
from ....model.currencies import MINOR_DIGITS
from ....model.values import Money
from ...past import BACKFILLED, Past
from ..clean import one_line
from ..console import console, written
from ..explain import wrapped
from ..figures import day
from ..width import columns, width
from ..write import put

_ENDS = ("begin", "end")


def render(waterfall: Waterfall, past: Past, out: Path | None, with_deals: bool) -> None:
    """Writes the lines that hold anything, and what has to be known of them."""
    screen = console(colour=out is None)
    zone = past.playbook.process.calendar.zone
    span = f"{day(waterfall.start.astimezone(zone))} to {day(waterfall.end.astimezone(zone))}"
    dated = f", dated {day(waterfall.period.first)} to {day(waterfall.period.last)}" if waterfall.period else ""
    screen.print(Text(one_line(f"{past.playbook.process.title}: the open pipeline from {span}{dated}")), soft_wrap=True)
    screen.print()
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("", overflow="fold")
    table.add_column("Deals", justify="right", no_wrap=True)
    table.add_column(waterfall.currency, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    kept = [line for line in waterfall.lines if line.cause in _ENDS or line.deals]
    room = max(8, min(30, columns(100) - 62))
    most = max((abs(line.amount) for line in kept), default=0)
    unit = 10 ** MINOR_DIGITS[waterfall.currency]
    digits = MINOR_DIGITS[waterfall.currency] if any(line.amount % unit for line in kept) else 0
    for line in kept:
        style = "bold" if line.cause in _ENDS else ""
        told = _amount(line, waterfall.currency, digits)
        cells = [line.title, _signed(line, line.count), told, _bar(line, most, room)]
        table.add_row(*(Text(one_line(cell), style=style) for cell in cells))
        for code, minor in line.apart.items():
            if minor:
                table.add_row(Text("  in another currency"), Text(""), Text(value(Money(minor, code))), Text(""))
    screen.print(table)
    if with_deals:
        for line in kept:
            if line.cause not in _ENDS:
                screen.print()
                screen.print(Text(line.title, style="bold"))
                screen.print(_deals(waterfall, line, past))
    notes = _notes(waterfall)
    if notes:
        screen.print()
        for note in notes:
            for text in wrapped(note, width(100)):
                screen.print(Text(text), soft_wrap=True)
    put(written(screen), out, exact=True)


def _signed(line: Line, number: int) -> str:
    if line.cause in _ENDS or not number:
        return f"{number:,}"
    return f"{'+' if number > 0 else '−'}{abs(number):,}"


def _amount(line: Line, currency: str, digits: int) -> str:
    told = f"{abs(Money(line.amount, currency).major):,.{digits}f}"
    return told if line.cause in _ENDS or not line.amount else f"{'+' if line.amount > 0 else '−'}{told}"


def _bar(line: Line, most: int, room: int) -> str:
    if not most or not line.amount:
        return ""
    return ("█" if line.cause in _ENDS else "▓" if line.amount > 0 else "░") * max(1, abs(line.amount) * room // most)


def _deals(waterfall: Waterfall, line: Line, past: Past) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("Deal", overflow="ellipsis", no_wrap=True, max_width=max(20, columns(100) // 2))
    table.add_column("Amount", justify="right", no_wrap=True)
    known = dict(past.history.now("name").select("id", "name").iter_rows())
    moves = waterfall.moves.filter(pl.col("line") == line.cause).sort(pl.col("amount").abs(), descending=True)
    for row in moves.iter_rows(named=True):
        told = value(Money(int(row["amount"]), row["currency"] or waterfall.currency)) if row["amount"] else "–"
        table.add_row(Text(one_line(known.get(row["deal"]) or row["deal"])), Text(told))
    return table


def _notes(waterfall: Waterfall) -> list[str]:
    told = []
    if waterfall.reconstructed:
        told.append(BACKFILLED)
    for number, one, many in (
        (waterfall.assumed, "deal's amount or date at the start is a later one that stands in",
         "deals' amounts or dates at the start are later ones that stand in"),
        (waterfall.without_amount, "deal at the end has no amount, and counts with 0",
         "deals at the end have no amount, and count with 0"),
        (waterfall.without_date, "open deal has no close date, and is in no period",
         "open deals have no close date, and are in no period"),
        (waterfall.undated, "open deal has no date of any kind, and is in no pipeline of the past",
         "open deals have no date of any kind, and are in no pipeline of the past"),
        (waterfall.scope_unknown, "deal lacks a field that --only asks for, and is left out",
         "deals lack a field that --only asks for, and are left out"),
    ):  # fmt: skip
        if number:
            told.append(f"{number:,} {one if number == 1 else many}.")
    return told
