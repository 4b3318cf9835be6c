"""``dealgate demo``: a sample company, checked; each scene is a file of ``cli/scenes``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..options import as_of

if TYPE_CHECKING:
    from ...decide.playbook import Playbook
    from ...model.fields import Field

SCENES = Path(__file__).resolve().parent.parent / "scenes"


@click.command(
    short_help="See it work on a made-up company",
    epilog="""\b
Examples:
  dealgate demo
  dealgate demo --deals 2000 --years 4 --seed 3
  dealgate demo --as-of 2026-11-23 --save company.jsonl
""",
)
@click.option("--years", default=2, show_default=True, type=click.IntRange(1, 20), help="Years of history.")
@click.option("--deals", default=400, show_default=True, type=click.IntRange(1, 200_000), help="Opportunities.")
@click.option("--seed", default=7, show_default=True, help="The same seed gives the same company.")
@as_of
@click.option("--save", type=click.Path(path_type=Path), metavar="FILE", help="Also write the deals as JSON lines.")
def command(years: int, deals: int, seed: int, as_of: date | datetime, save: Path | None) -> None:
    """See it work: a made-up company's pipeline checked, a move judged, a deal explained, the quarter
    forecast."""
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
        put("\n".join(_line(record, playbook) for record in company.deals), save, exact=True)
        say(f"\nThe deals are in {save}.", err=True)
    else:
        say("\nTo try these yourself: dealgate demo --save company.jsonl", err=True)


def _line(record: dict[str, Any], playbook: Playbook) -> str:
    """A record as a person would export it: a share with its percent sign."""
    import json

    catalogue = playbook.process.catalogue
    exported = _exported(record, catalogue.deal)
    for name, known in catalogue.collections.items():
        if record.get(name):
            exported[name] = [_exported(item, known.fields) for item in record[name]]
    return json.dumps(exported, ensure_ascii=False)


def _exported(record: dict[str, Any], fields: Mapping[str, Field]) -> dict[str, Any]:
    from ...model.values import plain

    shares = {name for name in record if name in fields and fields[name].type == "percent"}
    return {key: _share(value) if key in shares else plain(value) for key, value in record.items()}


def _share(value: Any) -> Any:
    """``0.15`` as ``15%``; what is no number stays as somebody typed it."""
    try:
        share = Fraction(str(value)) * 100
    except ValueError:
        return value
    return f"{(Decimal(share.numerator) / share.denominator).normalize():f}%"
