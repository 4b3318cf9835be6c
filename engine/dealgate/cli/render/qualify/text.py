"""Scorecards for a person: one deal in full, many as a line each."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from ....compile.words import choice, lower
from ....decide.playbook import Playbook
from ....model.deal import Deal
from ....model.framework import Framework
from ....model.verdict import FrameworkResult
from ..clean import one_line
from ..explain import wrapped
from ..width import columns, width

Cards = list[tuple[Deal, list[FrameworkResult]]]


def render(cards: Cards, playbook: Playbook) -> str:
    """The scorecard of one deal; of several, a line each."""
    frameworks = playbook.process.frameworks
    if len(cards) == 1:
        deal, results = cards[0]
        return "\n\n".join([_name(deal), *(_card(frameworks[r.framework], r) for r in results)])
    if not cards or not cards[0][1]:
        return "No open deal to score." if not cards else "The process uses no framework."
    return _lines(cards, [frameworks[r.framework].title for r in cards[0][1]])


def several(scored: Sequence[tuple[Cards, Playbook]]) -> str:
    """The scorecards of several processes that share the deals, each under its name."""
    parts = [f"{one_line(playbook.process.title)}\n{render(cards, playbook)}" for cards, playbook in scored]
    return "\n\n".join(parts)


def _name(deal: Deal) -> str:
    return one_line(deal.fields.get("name") or deal.id)


def _lines(cards: Cards, titles: list[str]) -> str:
    from rich.table import Table
    from rich.text import Text

    from ..console import console, written

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("Deal", no_wrap=True, overflow="ellipsis", max_width=max(20, columns(100) // 3))
    for title in titles:
        table.add_column(Text(one_line(title)), overflow="fold")
    for deal, results in cards:
        table.add_row(Text(_name(deal)), *(Text(one_line(_status(r))) for r in results))
    screen = console(colour=False)
    screen.print(table)
    return written(screen)


def _card(framework: Framework, result: FrameworkResult) -> str:
    lower_is_better = framework.score is not None and framework.score.direction == "lower"
    lines = [f"{framework.title}: {_status(result)}{' (lower is better)' if lower_is_better else ''}"]
    across = max(len(element.title) for element in framework.elements)
    for element in framework.elements:
        told = f"  {element.title:<{across}}  {_stands(framework, result, element.id)}"
        lines += wrapped(told, width(), " " * (across + 4))
        if element.id in result.missing:
            lines += wrapped(f"{'':{across + 4}}→ {element.question}", width(), " " * (across + 6))
    return "\n".join(lines)


def _stands(framework: Framework, result: FrameworkResult, element: str) -> str:
    level, answer = result.levels[element], result.answers.get(element)
    if answer == "no":
        return "the buyer said no"
    if answer == "not_applicable":
        return "does not apply"
    if level is None:
        return "no evidence"
    at = level - framework.lowest
    told = lower(framework.levels[at]) if 0 <= at < len(framework.levels) else str(level)
    return told + (" (undated)" if element in result.undated else "")


def _status(result: FrameworkResult) -> str:
    score = "" if result.score is None else f", score {_span(result.score)}"
    return choice(result.status) + score + (f", band {result.band}" if result.band else "")


def _span(score: tuple[Fraction, Fraction]) -> str:
    low, high = (f"{float(s):.4g}" for s in score)
    return low if low == high else f"{low} to {high}"
