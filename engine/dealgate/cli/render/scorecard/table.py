"""Scorecards for a terminal, one after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.table import Table
from rich.text import Text

from ....compile.words import choice
from ....metrics.scorecard import Card, Item, Scorecard
from ...past import Past
from ..clean import one_line
from ..console import console, written
from ..explain import wrapped
from ..figures import change, day, number, shown
from ..width import columns, width
from ..write import put


def render(scorecard: Scorecard, cards: Sequence[Card], past: Past, out: Path | None) -> None:
    """Writes the cards; a target that nobody is held to is told."""
    screen = console(colour=out is None)
    head = (
        f"{past.playbook.process.title}: {day(scorecard.first)} to {day(scorecard.last)}, as of {day(scorecard.as_of)}"
    )
    screen.print(Text(one_line(head)), soft_wrap=True)
    compared = (
        f"Compared with {day(scorecard.before[0])} to {day(scorecard.before[1])} as of {day(scorecard.before_as_of)}."
    )
    screen.print(Text(compared), soft_wrap=True)
    stages = {stage.id: stage.title for stage in past.playbook.process.stages}
    for card in cards:
        screen.print()
        screen.print(Text(one_line(f"{card.title} ({card.kind})" if card.kind != "company" else "All"), style="bold"))
        screen.print(_card(card, stages))
        for line in wrapped(one_line(_unknown(card, stages)), width(100)):
            screen.print(Text(line), soft_wrap=True)
        for line in wrapped(one_line(_trust(card)), width(100)):
            screen.print(Text(line), soft_wrap=True)
    if scorecard.unused:
        screen.print()
        for target in scorecard.unused:
            whom = target.owner or target.team or "all"
            told = (
                f"A target of {target.metric} for {whom} is held against no figure ({target.at.file}:{target.at.line})."
            )
            for line in wrapped(one_line(told), width(100)):
                screen.print(Text(line), soft_wrap=True)
    put(written(screen), out, exact=True)


def _name(item: Item, stages: Mapping[str, str]) -> str:
    where = f" in {stages.get(item.stage, item.stage)}" if item.stage else ""
    return choice(item.metric).capitalize() + where


def _is_shown(item: Item) -> bool:
    return item.actual.value is not None or item.target is not None


def _unknown(card: Card, stages: Mapping[str, str]) -> str:
    """The KPIs that have neither a figure nor a target, by the reason."""
    why: dict[str, list[str]] = {}
    for item in card.items:
        if not _is_shown(item):
            why.setdefault(item.actual.reason or "", []).append(_name(item, stages))
    return " ".join(f"Not there, as {reason}: {', '.join(names)}." for reason, names in why.items())


def _card(card: Card, stages: Mapping[str, str]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("", no_wrap=True)
    table.add_column("KPI", overflow="fold")
    for head in ("Actual", "Target", "Gap", "Pace", "Trend"):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("", overflow="fold", max_width=max(14, columns(100) // 4))
    for item in filter(_is_shown, card.items):
        mark = "·" if item.met is None else "✓" if item.met else "✗"
        cells = [mark, _name(item, stages), shown(item.actual), _number(item.target, item), _gap(item)]
        cells += [shown(item.pace) if item.pace is not None else "", _trend(item)]
        notes = [item.actual.reason or "", item.note]
        table.add_row(*(Text(one_line(cell)) for cell in [*cells, "; ".join(note for note in notes if note)]))
    return table


def _number(value: object, item: Item) -> str:
    return "" if value is None else number(value, item.actual.unit)  # type: ignore[arg-type]


def _gap(item: Item) -> str:
    return "passed" if item.gap is not None and item.gap <= 0 else _number(item.gap, item)


def _trend(item: Item) -> str:
    if item.trend is None:
        return ""
    arrow = "" if item.improved is None else " ↑" if item.improved else " ↓"
    return change(item.actual, item.before) + (arrow if item.trend else "")


def _trust(card: Card) -> str:
    trust = card.trust
    told = (
        (trust.captured, "of what the process asks for is captured"),
        (trust.dated, "of the deals are dated"),
        (trust.priced, "have an amount"),
        (trust.owned, "have an owner"),
    )
    parts = [f"{shown(figure)} {words}" for figure, words in told if figure.value is not None]
    if trust.undatable:
        parts.append(f"{trust.undatable:,} deals cannot be placed in time")
    if trust.reconstructed:
        parts.append("the history is reconstructed")
    return "How far to trust it: " + ("; ".join(parts) or "nothing can be said") + "."
