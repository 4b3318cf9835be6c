"""``dealgate metrics``: stage health, conversion, wins, time, velocity."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ...model.diagnostics import WrongUsage, error
from ..options import as_of, output, pairs, past_source

if TYPE_CHECKING:
    from ...metrics.cases import Past as Held
    from ...metrics.measure import Measured
    from ...metrics.spec import Asked

COMPARE = ("previous", "year")


@click.command(
    short_help="Stage health, conversion, wins, time, velocity",
    epilog="""\b
Examples:
  dealgate metrics --list
  dealgate metrics deals.csv
  dealgate metrics --metric win_rate --by owner --since 2026-01-01
  dealgate metrics --metric win_rate --by quarter
  dealgate metrics --since 2026-07-01 --until 2026-09-30 --compare previous
  dealgate metrics --policy win_rate.reopen_policy=first_outcome
  dealgate metrics --by stage --output xlsx --out metrics.xlsx
""",
)
@past_source
@click.option("--metric", "wanted", multiple=True, metavar="ID", help="One metric, or several; left out: all.")
@click.option("--by", metavar="KEYS", help="Group by these, as in stage,owner: also team, segment, source, quarter …")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="From this day on.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="Up to this day.")
@click.option("--compare", type=click.Choice(COMPARE), help="With the days before, or the same days a year before.")
@click.option("--policy", "policies", multiple=True, metavar="NAME=VALUE", help="Another choice; see --list.")
@click.option("--targets", multiple=True, metavar="ID|FILE", help="Quotas to measure by; left out: the workspace's.")
@click.option("--min-n", type=click.IntRange(0), help="Withhold figures of groups that rest on fewer cases.")
@click.option("--list", "listing", is_flag=True, help="What each metric means; with --metric in full.")
@as_of
@output("metrics", "table")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Write to a file instead of the terminal.")
def command(
    source: Path | str, mapping: str | None, process: str | None, known_at: datetime | None, wanted: tuple[str, ...],
    by: str | None, since: datetime | None, until: datetime | None, compare: str | None, policies: tuple[str, ...],
    targets: tuple[str, ...], min_n: int | None, listing: bool, as_of: date | datetime, output: str, out: Path | None,
) -> None:  # fmt: skip
    """Measure the sales process: every figure with what it rests on and how sure it is. A figure that has nothing to
    rest on is not there, and says why."""
    from importlib import import_module

    from ..render.write import put, say

    package = __package__.rpartition(".")[0]
    if listing:
        told = import_module(f"{package}.render.catalogue").render(wanted)
        put(told if out is None else click.unstyle(told), out, exact=True)
        return
    from ...metrics.cases import Past as Held
    from ...metrics.quota import with_targets
    from ...metrics.spec import Asked
    from ..aims import aims
    from ..past import past
    from ..render.metrics._view import view

    chosen: dict[str, Any] = dict(pairs(policies, "policy and its choice", "NAME=VALUE"))
    if min_n is not None:
        chosen["min_n"] = min_n
    first, last = (at.date() if at else None for at in (since, until))
    earlier = _earlier(first, last, compare)
    found = past(source, mapping, process, as_of, known_at)
    wished = aims(targets, found.playbook.process)
    held = Held(found.history, wished.rates)
    if wished.targets:
        held = with_targets(held, wished.targets, wished.teams)
    keys = tuple(word.strip() for word in (by or "").split(",") if word.strip())
    asked = Asked(by=keys, since=first, until=last, policies=chosen, rates=wished.rates, versions=found.versions)
    now = _measured(held, wanted, asked)
    then = _measured(held, wanted, replace(asked, since=earlier[0], until=earlier[1])) if earlier else None
    import_module(f"{package}.render.metrics.{output}").render(view(found, now, first, last, then, earlier), out)
    if out is not None:
        say(f"Written to {out}.", err=True)


def _measured(held: Held, wanted: tuple[str, ...], asked: Asked) -> Measured:
    from ...metrics.measure import measure

    return measure(held, wanted or None, asked)


def _earlier(since: date | None, until: date | None, compare: str | None) -> tuple[date, date] | None:
    """The days to compare with. Raises WrongUsage where no days are named."""
    if compare is None:
        return None
    if since is None or until is None or until < since:
        raise WrongUsage(error("DG902", "A comparison needs its days.", suggestion="add --since DATE --until DATE"))
    if compare == "previous":
        length = until - since + timedelta(days=1)
        return since - length, since - timedelta(days=1)
    from ...model.calendar import add_months

    return add_months(since, -12), add_months(until, -12)
