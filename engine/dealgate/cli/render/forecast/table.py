"""A forecast for a terminal: a line a method with its bar, the parts, what is called and proven, and the gap."""

from __future__ import annotations

from fractions import Fraction

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ....forecast.methods import Outlook
from ....metrics.figure import NoValue
from ...forecasting import Shown
from ...past import BACKFILLED
from ..clean import one_line
from ..console import console, written
from ..explain import wrapped
from ..figures import day
from ..width import columns, width

_MOST = 5


def render(shown: Shown) -> str:
    """The text."""
    screen = console()
    title = shown.past.playbook.process.title
    _say(screen, f"{title}: {shown.period}, as of {day(shown.snapshot.today)}", "bold")
    if shown.scenario:
        _say(screen, f"What if: {shown.scenario}.", "bold")
    screen.print()
    screen.print(_methods(shown))
    _layers(screen, shown)
    if shown.parts:
        screen.print()
        _say(screen, f"By {shown.by}, {_title(shown)}", "bold")
        screen.print(_parts(shown))
    _evidence(screen, shown)
    _gap(screen, shown)
    notes = list(dict.fromkeys(n for _, one in shown.outlooks if isinstance(one, Outlook) for n in one.notes))
    foreign = shown.snapshot.deals["foreign"].drop_nulls().len()
    if foreign:
        notes.append(f"{foreign:,} open deals are in a currency that no rate leads from, and count with 0")
    if notes or shown.past.history.reconstructed:
        screen.print()
    for note in notes:
        _say(screen, f"{note[0].upper()}{note[1:]}.")
    if shown.past.history.reconstructed:
        _say(screen, BACKFILLED)
    return written(screen)


def _methods(shown: Shown) -> Table:
    made = [(method, one) for method, one in shown.outlooks]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    wide = columns(100) >= 96
    table.add_column("Method", no_wrap=True)
    for name in (shown.snapshot.unit, *(["As it is"] if shown.scenario else []), "P10", "P90"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("", overflow="fold")
    most = max((one.total for _, one in made if isinstance(one, Outlook)), default=0)
    for method, one in made:
        was = shown.as_it_is.get(method.id)
        before = [_number(shown, was) if was is not None else "–"] if shown.scenario else []
        if isinstance(one, NoValue):
            table.add_row(Text(method.title), "–", *before, "", "", Text(one.reason))
            continue
        ends = [_number(shown, value) if value is not None else "" for value in (one.low, one.high)]
        table.add_row(
            Text(method.title), _number(shown, one.total), *before, *ends, _bar(one, most, 30 if wide else 16)
        )
    return table


def _bar(one: Outlook, most: int, room: int) -> str:
    """Won, then open, then not created yet."""
    if most <= 0:
        return ""
    cells = [max(0, round(part * room / most)) for part in (one.won, one.open, one.new)]
    return "█" * cells[0] + "▓" * cells[1] + "░" * cells[2]


def _layers(screen: Console, shown: Shown) -> None:
    if shown.layers is None:
        return
    screen.print()
    for one in shown.layers.layers:
        if not one.spoke or isinstance(one.amount, NoValue):
            continue
        before = "" if isinstance(one.before, NoValue) else f", {shown.told(one.before)} before"
        why = f" by {one.call.author}: {one.call.reason}" if one.call else " by parts"
        _say(screen, f"Called by the {one.layer}: {shown.told(one.amount)}{before},{why}.", indent="  ")


def _parts(shown: Shown) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("", overflow="ellipsis", no_wrap=True, max_width=32)
    for name in ("Won", "Open", "In all", "Deals"):
        table.add_column(name, justify="right", no_wrap=True)
    for part in shown.parts:
        table.add_row(
            Text(one_line(part.name)), _number(shown, part.won), _number(shown, part.open), _number(shown, part.total),
            f"{len(part.deals):,}" if part.deals else "",
        )  # fmt: skip
    whole = [sum(getattr(part, name) for part in shown.parts) for name in ("won", "open", "total")]
    table.add_row(Text("In all", style="bold"), *(_number(shown, value) for value in whole), "")
    return table


def _evidence(screen: Console, shown: Shown) -> None:
    held = shown.evidence
    if not held.committed:
        return
    screen.print()
    if not held.deals:
        _say(screen, f"Called {shown.told(held.called)} as commit, and all of it is proven.", "bold")
        return
    number = len(held.deals)
    rest = f"the difference is {'this deal' if number == 1 else f'these {number:,} deals'}"
    _say(screen, f"Called {shown.told(held.called)} as commit, proven {shown.told(held.proven)}: {rest}.", "bold")
    for one in held.deals[:_MOST]:
        worth = shown.told(one.amount) if one.amount is not None else "no amount"
        owner = f", {one.owner}" if one.owner else ""
        lacks = []
        if one.unmet:
            lacks.append("not met: " + "; ".join(k.title for k in one.unmet[:2]) + _more(len(one.unmet) - 2))
        if one.unknown:
            lacks.append("not known: " + "; ".join(k.title for k in one.unknown[:2]) + _more(len(one.unknown) - 2))
        _say(screen, f"  {one.name} ({one.id}{owner}), {worth}: {'. '.join(lacks)}.", indent="    ")
    if number > _MOST:
        _say(screen, f"  and {number - _MOST:,} more, which --output json lists.")


def _gap(screen: Console, shown: Shown) -> None:
    plan = shown.gap
    if plan is None:
        return
    screen.print()
    if plan.missing <= 0:
        _say(screen, f"The target of {shown.told(plan.target)} is attained.", "bold")
        return
    text = f"To reach {shown.told(plan.target)}, {shown.told(plan.missing)} is missing."
    if isinstance(plan.needed, NoValue) or isinstance(plan.rate, NoValue):
        reason = plan.rate.reason if isinstance(plan.rate, NoValue) else plan.needed.reason  # type: ignore[union-attr]
        _say(screen, f"{text} How much pipeline that takes is not known: {reason}.", "bold")
    else:
        share = f"{float(Fraction(plan.rate)) * 100:.0f} %"
        there = "enough" if plan.there >= plan.needed else f"{shown.told(plan.needed - plan.there)} too little"
        _say(
            screen, f"{text} From this day {share} of what was open was won in time: that takes "
            f"{shown.told(plan.needed)} of pipeline, and there is {shown.told(plan.there)}, {there}.", "bold",
        )  # fmt: skip
    for near in plan.near:
        needs = "; ".join(k.title for k in near.needs[:2]) + _more(len(near.needs) - 2) if near.needs else "ready"
        owner = f", {near.owner}" if near.owner else ""
        lead = "needs " if near.needs else "is "
        _say(screen, f"  {near.name} ({near.id}{owner}), {shown.told(near.amount)}: {lead}{needs}.", indent="    ")


def _more(number: int) -> str:
    return f" and {number} more" if number > 0 else ""


def _title(shown: Shown) -> str:
    chosen = shown.chosen
    return next((m.title.lower() for m, one in shown.outlooks if one is chosen), "")


def _number(shown: Shown, minor: int) -> str:
    return shown.told(minor).rpartition(" ")[0]


def _say(screen: Console, text: str, style: str = "", indent: str = "") -> None:
    for line in wrapped(one_line(text) if not text.startswith(" ") else "  " + one_line(text), width(100), indent):
        screen.print(Text(line, style=style), soft_wrap=True)
