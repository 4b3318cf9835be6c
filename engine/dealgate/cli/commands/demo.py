"""``dealgate demo``: a sample company, checked; each scene is a file of ``cli/scenes``."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from ..options import as_of

SCENES = Path(__file__).resolve().parent.parent / "scenes"


@click.command(
    epilog="""\b
Examples:
  dealgate demo
  dealgate demo --deals 2000 --years 4 --seed 3
  dealgate demo --as-of 2026-11-23 --save company.jsonl
"""
)
@click.option("--years", default=2, show_default=True, type=click.IntRange(1, 20), help="Years of history.")
@click.option("--deals", default=400, show_default=True, type=click.IntRange(1, 200_000), help="Opportunities.")
@click.option("--seed", default=7, show_default=True, help="The same seed gives the same company.")
@as_of
@click.option("--save", type=click.Path(path_type=Path), metavar="FILE", help="Also write the deals as JSON lines.")
def command(years: int, deals: int, seed: int, as_of: date | datetime, save: Path | None) -> None:
    """See it work: a made-up company's pipeline checked, a move judged, a deal explained."""
    from importlib import import_module

    from ... import load
    from ...decide.report import check
    from ...simulate import simulate
    from ..render.write import put, say
    from ..scenes import Stage

    playbook = load("practical")
    moment = playbook.judge.moment(as_of)
    company = simulate(seed=seed, years=years, deals=deals, as_of=moment.today)
    report = check(playbook, [playbook.deal(record) for record in company.deals], moment.as_of)
    stage = Stage(company, playbook, report, str(save or "company.jsonl"))
    for path in sorted(SCENES.glob("[0-9]*.py")):
        import_module(f"{__package__.rpartition('.')[0]}.scenes.{path.stem}").play(stage)
    if save is not None:
        put("\n".join(_line(record) for record in company.deals), save, exact=True)
        say(f"\nThe deals are in {save}.", err=True)
    else:
        say("\nTo try these yourself: dealgate demo --save company.jsonl", err=True)


def _line(record: dict[str, object]) -> str:
    import json

    from ...model.values import plain

    return json.dumps({key: plain(value) for key, value in record.items()}, ensure_ascii=False)
