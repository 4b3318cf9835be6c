"""What follows from the rules for a CRM: planned and kept in a file; carried out only where the workspace says so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

from ...sources.table import counted
from ...sync.actions import Plan, Planned, digest_of, plain_plan
from ...sync.apply import Applied
from ..enforcing import applied, plan_of
from ..render.clean import dumps
from ..render.write import put
from ..syncing import FOLDER
from . import Asked, Done, News, Stopped

SOURCE = True
FLAGS = ("all",)
APPLY = True
KEPT = 30
"""Plans of a source that are kept; older ones are deleted, for they hold names and amounts."""
FEW = 10
"""Ids of deals that a notification lists."""


def do(asked: Asked) -> Done:
    """A plan, and what became of it. Raises Stopped where it ended before all was done."""
    source = asked.source
    plan = plan_of(source, None, every="all" in asked.job.flags, patience=asked.patience)
    if not plan.actions and not plan.leaks:
        if asked.apply:
            # nothing is written; the next plan need not look at the same deals
            applied(source, plan, patience=asked.patience)
        return Done("nothing is to be written")
    file = keep(plan, source.folder)
    shown = file.relative_to(source.folder)
    deals = counted(len({action.deal for action in plan.actions}), "deal")
    counts = f"{counted(len(plan.actions), 'write')} on {deals}{_worth(plan.actions)}"
    if plan.for_the_manager:
        counts += f"; {counted(len(plan.for_the_manager), 'move')} past a gate for the manager"
    if not asked.apply:
        mark = digest_of([*sorted(action.digest for action in plan.actions), len(plan.for_the_manager)])
        news = [News("plan_waiting", f"A plan for {source.name} waits: {counts}. It is kept in {shown}.")]
        return Done(f"planned: {counts}; kept in {shown}", news=news if mark != asked.told else (), mark=mark)
    return finished(asked, applied(source, plan, asked.stopping, asked.patience), str(shown))


def finished(asked: Asked, done: Applied, shown: str) -> Done:
    """What became of a plan that was carried out."""
    from ...sync.adapters import failed

    name = asked.source.name
    counts = Counter(one.outcome for one in done.results)
    words = {"done": "done", "already": "done before", "conflict": "in conflict", "left": "still to do"}
    told = ", ".join(f"{n:,} {words.get(kind, kind)}" for kind, n in sorted(counts.items()))
    made = Done(f"applied {shown}: {told or 'nothing was to be done'}", writes=counts)
    if done.unsure:
        made.said += f"; of {counted(len(done.unsure), 'earlier write')} it is not known whether it was done"
        made.said += f", on {', '.join(dict.fromkeys(row.item.deal for row in done.unsure[:FEW]))}"
    if done.refused:
        why = Counter(one.outcome for one in done.refused)
        kinds = ", ".join(f"{n} {words.get(kind, kind)}" for kind, n in sorted(why.items()))
        made.news = [News("conflicts", f"{name}: {kinds}. Deals: {_ids(one.action for one in done.refused)}.")]
    if done.trouble is not None:
        made.failures = failed(name, done.trouble).diagnostics
    elif done.stopped == "limit":
        made.said += f"; the limit of {done.writes:,} writes a run is reached"
    elif done.stopped == "asked":
        raise Stopped(made.said, made)
    return made


def keep(plan: Plan, folder: Path) -> Path:
    """Writes a plan under a name with its moment, and deletes the oldest ones beyond ``KEPT``. Raises SourceFailed."""
    place = folder / FOLDER / "plans"
    file = place / f"{plan.source}-{plan.made_at:%Y-%m-%dT%H%M%SZ}.json"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    put(dumps(plain_plan(plan), 1), file, exact=True)
    own = f"{plan.source}-[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9][0-9][0-9][0-9][0-9]Z.json"
    for old in sorted(place.glob(own))[:-KEPT]:
        old.unlink(missing_ok=True)
    return file


def _worth(actions: Iterable[Planned]) -> str:
    """What the deals are worth, each once, by currency."""
    amounts = {action.deal: action.amount for action in actions if action.amount}
    sums: dict[str, Decimal] = {}
    for amount in amounts.values():
        sums[amount["currency"]] = sums.get(amount["currency"], Decimal(0)) + Decimal(amount["amount"])
    listed = " and ".join(f"{total:,f} {currency}" for currency, total in sorted(sums.items()))
    return f", worth {listed}" if listed else ""


def _ids(actions: Iterable[Planned]) -> str:
    deals = list(dict.fromkeys(action.deal for action in actions))
    more = f" and {len(deals) - FEW:,} more" if len(deals) > FEW else ""
    return ", ".join(deals[:FEW]) + more
