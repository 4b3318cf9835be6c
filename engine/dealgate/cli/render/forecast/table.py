"""A forecast for a terminal: a line a method with its bar, the parts, what is called and proven, and the gap."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ....forecast.methods import Outlook
from ....forecast.rolled import flat
from ....metrics.figure import NoValue
from ...forecasting import Shown
from ..clean import one_line
from ..console import console, written
from ..explain import wrapped
from ..width import columns, width
from . import _words as words

_MOST = 5
_CRITERIA = 2


def render(shown: Shown) -> str:
    """The text."""
    screen = console()
    _say(screen, words.title(shown), "bold")
    if shown.scenario:
        _say(screen, words.scenario(shown), "bold")
    screen.print()
    screen.print(_methods(shown))
    called = words.layers(shown)
    if called:
        screen.print()
    for line in called:
        _say(screen, line, indent="  ")
    if shown.parts:
        screen.print()
        _say(screen, words.by(shown), "bold")
        screen.print(_parts(shown))
    screen.print()
    screen.print(_categories(shown))
    _evidence(screen, shown)
    _gap(screen, shown)
    notes = words.notes(shown)
    if notes:
        screen.print()
    for note in notes:
        _say(screen, note)
    return written(screen)


def short(shown: Shown, deals: int) -> str:
    """Its first lines: the methods, what is called and proven with so many deals, and what the target takes."""
    screen = console()
    _say(screen, words.title(shown), "bold")
    screen.print(_methods(shown))
    _evidence(screen, shown, deals, 1)
    target = words.target(shown)
    if target:
        _say(screen, target, "bold")
    return written(screen)


def _methods(shown: Shown) -> Table:
    made = [(method, one) for method, one in shown.outlooks]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    wide = columns(100) >= 96
    table.add_column("Method", no_wrap=True)
    ranged = ["P10", "P90"] if any(isinstance(one, Outlook) and one.low is not None for _, one in made) else []
    for name in (shown.snapshot.unit, *(["As it is"] if shown.scenario else []), *ranged):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("", overflow="fold")
    most = max((one.total for _, one in made if isinstance(one, Outlook)), default=0)
    for method, one in made:
        was = shown.as_it_is.get(method.id)
        before = [words.number(shown, was) if was is not None else "–"] if shown.scenario else []
        if isinstance(one, NoValue):
            table.add_row(Text(method.title), "–", *before, *("" for _ in ranged), Text(one.reason))
            continue
        ends = [words.number(shown, value) if value is not None else "" for value in (one.low, one.high)][: len(ranged)]
        bar = _bar(one, most, 30 if wide else 16)
        table.add_row(Text(method.title), words.number(shown, one.total), *before, *ends, bar)
    return table


def _bar(one: Outlook, most: int, room: int) -> str:
    """Won, then open, then not created yet."""
    if most <= 0:
        return ""
    cells = [max(0, round(part * room / most)) for part in (one.won, one.open, one.new)]
    return "█" * cells[0] + "▓" * cells[1] + "░" * cells[2]


def _parts(shown: Shown) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("", overflow="ellipsis", no_wrap=True, max_width=32)
    for name in ("Won", "Open", "In all", "Deals"):
        table.add_column(name, justify="right", no_wrap=True)
    for depth, part in flat(shown.parts):
        amounts = (words.number(shown, value) for value in (part.won, part.open, part.total))
        table.add_row(
            Text("  " * depth + words.part(shown, part)), *amounts, f"{len(part.deals):,}" if part.deals else ""
        )
    whole = [sum(getattr(part, name) for part in shown.parts) for name in ("won", "open", "total")]
    table.add_row(Text("In all", style="bold"), *(words.number(shown, value) for value in whole), "")
    return table


def _categories(shown: Shown) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("Category", no_wrap=True)
    for name in ("Deals", "Called", "So far", "Deals", "By evidence", "So far"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in shown.categories:
        views = (
            (one.called_deals, one.called, one.called_so_far),
            (one.proven_deals, one.proven, one.proven_so_far),
        )
        cells = [
            cell
            for deals, amount, so_far in views
            for cell in (
                f"{len(deals):,}",
                words.number(shown, amount),
                "" if so_far is None else words.number(shown, so_far),
            )
        ]
        table.add_row(Text(words.category(one)), *cells)
    return table


def _evidence(screen: Console, shown: Shown, most: int = _MOST, criteria: int = _CRITERIA) -> None:
    called = words.called(shown)
    if not called:
        return
    screen.print()
    _say(screen, called, "bold")
    deals = shown.evidence.deals
    for one in deals[:most]:
        _say(screen, f"  {words.unproven(shown, one, criteria)}", indent="    ")
    if len(deals) > most:
        _say(screen, f"  and {len(deals) - most:,} more, which --output json lists.")


def _gap(screen: Console, shown: Shown) -> None:
    target = words.target(shown)
    if not target:
        return
    screen.print()
    _say(screen, target, "bold")
    for near in words.closest(shown):
        _say(screen, f"  {words.needs(shown, near, _CRITERIA)}", indent="    ")


def _say(screen: Console, text: str, style: str = "", indent: str = "") -> None:
    for line in wrapped(one_line(text) if not text.startswith(" ") else "  " + one_line(text), width(100), indent):
        screen.print(Text(line, style=style), soft_wrap=True)
