"""``dealgate scorecard``: KPIs against targets, by owner and team."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from ...model.diagnostics import WrongUsage, error
from ..options import as_of, output, past_source, span_of


@click.command(
    short_help="KPIs against targets, by owner and team",
    epilog="""\b
Examples:
  dealgate scorecard --targets targets.yaml
  dealgate scorecard deals.csv --targets targets.yaml --period 2026-Q4
  dealgate scorecard --targets targets.yaml --output json
""",
)
@past_source
@click.option("--targets", multiple=True, metavar="ID|FILE", help="What is to be reached; left out: the workspace's.")
@click.option("--period", metavar="PERIOD", help="2026, 2026-Q4 or 2026-11. Default: the quarter of --as-of.")
@click.option("--owner", metavar="NAME|ID", help="One owner's card.")
@click.option("--team", metavar="NAME|ID", help="One team's card.")
@click.option("--min-n", type=click.IntRange(0), help="Withhold figures that rest on fewer cases.")
@as_of
@output("scorecard", "table")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Write to a file instead of the terminal.")
def command(
    source: Path | str, mapping: str | None, process: str | None, known_at: datetime | None, targets: tuple[str, ...],
    period: str | None, owner: str | None, team: str | None, min_n: int | None, as_of: date | datetime, output: str,
    out: Path | None,
) -> None:  # fmt: skip
    """Hold what was reached against what was to be: for the company, each team and each owner the KPI, its target, the
    pace, what is missing, the trend, and how far the picture can be trusted."""
    from importlib import import_module

    from ...metrics.scorecard import scorecard
    from ...model.targets import Span
    from ..aims import aims
    from ..past import past
    from ..render.write import say

    found = past(source, mapping, process, as_of, known_at)
    judged = found.playbook.process
    today = found.history.as_of.astimezone(judged.calendar.zone).date()
    span = span_of(period) if period else Span("quarter", day=today)
    first, last = span.days(judged.calendar)
    held = aims(targets, judged)
    made = scorecard(
        found.history, held.targets, held.teams, first=first, last=last, every=span.every, rates=held.rates, min_n=min_n
    )
    cards = [card for card in made.cards if _wanted(card.kind, card.name, card.title, owner, team)]
    if not cards:
        known = [card.title for card in made.cards if card.kind == ("owner" if owner else "team")]
        raise WrongUsage(
            error("DG901", f"There is no card of {owner or team}.", suggestion=_near(owner or team or "", known))
        )
    renderer = import_module(f"{__package__.rpartition('.')[0]}.render.scorecard.{output}")
    renderer.render(made, cards, found, out)
    if out is not None:
        say(f"Written to {out}.", err=True)


def _wanted(kind: str, name: str | None, title: str, owner: str | None, team: str | None) -> bool:
    if owner is None and team is None:
        return True
    asked = owner if kind == "owner" else team if kind == "team" else None
    return asked is not None and asked.casefold() in ((name or "").casefold(), title.casefold())


def _near(word: str, known: list[str]) -> str:
    from ...documents.suggest import nearest

    near = nearest(word, known)
    return f"Did you mean {near}?" if near else f"There are {', '.join(known[:5]) or 'none'}."
