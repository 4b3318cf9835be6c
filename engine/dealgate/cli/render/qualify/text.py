"""Scorecards for a person: one deal in full, many as a line each."""

from __future__ import annotations

from fractions import Fraction

from ....compile.words import choice
from ....decide.playbook import Playbook
from ....model.deal import Deal
from ....model.framework import Framework
from ....model.verdict import FrameworkResult

Cards = list[tuple[Deal, list[FrameworkResult]]]


def render(cards: Cards, playbook: Playbook) -> str:
    """The scorecard of one deal; of several, a line each."""
    frameworks = playbook.process.frameworks
    if len(cards) == 1:
        deal, results = cards[0]
        head = str(deal.fields.get("name") or deal.id)
        return "\n\n".join([head, *(_card(frameworks[r.framework], r) for r in results)])
    lines = []
    for deal, results in cards:
        told = "   ".join(f"{frameworks[r.framework].title}: {_status(r)}" for r in results)
        lines.append(f"{str(deal.fields.get('name') or deal.id)[:32]:<32}  {told}")
    return "\n".join(lines)


def _card(framework: Framework, result: FrameworkResult) -> str:
    lines = [f"{framework.title}: {_status(result)}"]
    for element in framework.elements:
        level = result.levels[element.id]
        answer = result.answers.get(element.id)
        if answer == "no":
            told = "the buyer said no"
        elif answer == "not_applicable":
            told = "does not apply"
        elif level is None:
            told = f"no evidence. Ask: {element.question}"
        else:
            at = level - framework.lowest
            told = framework.levels[at].lower() if 0 <= at < len(framework.levels) else str(level)
            told += " (undated)" if element.id in result.undated else ""
        lines.append(f"  {element.title:<14} {told}")
    return "\n".join(lines)


def _status(result: FrameworkResult) -> str:
    score = "" if result.score is None else f", score {_span(result.score)}"
    return choice(result.status) + score + (f", band {result.band}" if result.band else "")


def _span(score: tuple[Fraction, Fraction]) -> str:
    low, high = (f"{float(s):.4g}" for s in score)
    return low if low == high else f"{low} to {high}"
