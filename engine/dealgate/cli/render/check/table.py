"""The report as a table for a terminal: the sums, the stages, and the open deals that need something."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from rich.table import Table
from rich.text import Text

from ....compile.words import value
from ....decide.judge import Standing
from ....decide.report import Report
from ....model.verdict import State, Status, Verdict
from ..console import console, written
from ..write import put

_ORDER = {State.BLOCKED: 0, State.UNKNOWN: 1, State.READY: 2}
_STYLE = {State.BLOCKED: "red", State.UNKNOWN: "yellow", State.READY: "green"}


def render(report: Report, out: Path | None, limit: int) -> None:
    """Prints the report; at most ``limit`` deals (0: all), and says how many more there are."""
    screen = console(colour=out is None)
    summary = report.summary
    screen.print(f"[bold]{report.process.title}[/] {report.playbook.version}, as of {report.as_of:%d %b %Y}")
    screen.print(
        f"{summary['deals']:,} deals: {summary['open']:,} open, {summary['won']:,} won, {summary['lost']:,} lost"
        + (f", {summary['cancelled']:,} cancelled" if summary["cancelled"] else "")
        + (f", {summary['unmapped']:,} in no stage of the process" if summary["unmapped"] else "")
    )
    stages = _stages(report)
    if stages.row_count:
        screen.print()
        screen.print(stages)
    waiting = [s for s in report.standings if s.group == "open"]
    waiting.sort(key=lambda s: (_ORDER[s.state] if s.state else 3, -_amount(s)))
    shown = waiting[:limit] if limit else waiting
    if shown:
        screen.print()
        screen.print(_deals(shown))
        if len(shown) < len(waiting):
            screen.print(f"… and {len(waiting) - len(shown):,} more open deals (--limit 0 shows all).")
    put(written(screen), out)


def _amount(standing: Standing) -> int:
    amount = standing.deal.fields.get("amount")
    return amount.minor if amount is not None else 0


def _stages(report: Report) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("Stage")
    for name in ("open", "ready", "blocked", "unknown"):
        table.add_column(name, justify="right")
    table.add_column("held most by")
    for stage in report.process.open_stages:
        mine = [s for s in report.standings if s.group == "open" and s.stage is stage]
        if not mine:
            continue
        states = Counter(s.state for s in mine)
        held: Counter[str] = Counter()
        for s in mine:
            held.update({v.criterion.title for v in s.verdicts if _holds(v)})
        most = held.most_common(1)
        told = f"{most[0][0]} ({most[0][1]:,})" if most else "–"
        counts = (len(mine), states[State.READY], states[State.BLOCKED], states[State.UNKNOWN])
        table.add_row(stage.title, *(f"{n:,}" for n in counts), told)
    return table


def _holds(verdict: Verdict) -> bool:
    return verdict.criterion.holds and verdict.status in (Status.UNMET, Status.UNKNOWN)


def _deals(standings: list[Standing]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), expand=False)
    table.add_column("Deal", no_wrap=True, overflow="ellipsis", max_width=30)
    table.add_column("Stage", no_wrap=True)
    table.add_column("Amount", justify="right", no_wrap=True)
    table.add_column("Met", justify="right", no_wrap=True)
    table.add_column("State", no_wrap=True)
    table.add_column("First gap", overflow="fold")
    for s in standings:
        amount = s.deal.fields.get("amount")
        applying = [v for v in s.verdicts if v.status is not Status.NOT_APPLICABLE]
        met = sum(v.status in (Status.MET, Status.WAIVED) for v in applying)
        gaps = sorted((v for v in applying if _holds(v)), key=lambda v: v.status is not Status.UNMET)
        table.add_row(
            Text(str(s.deal.fields.get("name") or s.deal.id)),
            s.stage.title if s.stage else "–",
            value(amount) if amount is not None else "–",
            f"{met}/{len(applying)}",
            Text(s.state.value, style=_STYLE[s.state]) if s.state else "–",
            Text(gaps[0].criterion.title if gaps else "–"),
        )
    return table
