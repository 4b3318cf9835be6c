"""The report as a table for a terminal: the sums, the stages, and the open deals that need something, by stage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ....compile.words import value
from ....decide.judge import Standing
from ....decide.passage import FEW
from ....decide.report import STATES, Report, StageCounts
from ....decide.routed import Routed
from ....model.process import Stage
from ....model.verdict import GAPS, State, Status, Verdict
from ..clean import one_line
from ..console import console, written
from ..explain import MARKS, short_title, wrapped
from ..write import put

if TYPE_CHECKING:
    from ....decide.pushed import Pushed

_MARKED = {State.READY: Status.MET, State.BLOCKED: Status.UNMET, State.UNKNOWN: Status.UNKNOWN}
_STYLE = {State.BLOCKED: "red", State.UNKNOWN: "yellow", State.READY: "green"}


def render(report: Report | Routed, out: Path | None, limit: int) -> None:
    """Prints the report; at most ``limit`` deals a process (0: all), and says how many more there are."""
    screen = console(colour=out is None)
    if isinstance(report, Routed):
        for one in report.reports:
            _report(one, screen, limit)
            screen.print()
        _all(report, screen)
    else:
        _report(report, screen, limit)
    put(written(screen), out, exact=True)  # every cell is clean, and colours are ours


def _all(routed: Routed, screen: Console) -> None:
    """The total, and the deals that no process judges."""
    counted = _counted(routed.summary, routed.reports[0].process.record)
    lines = wrapped(f"All processes: {counted}", screen.width, "  ")
    for answers, count in Counter(one.answers for one in routed.left).items():
        ids = [one_line(one.standing.deal.id) for one in routed.left if one.answers == answers]
        more = f" and {count - FEW:,} more" if count > FEW else ""
        told = f"? {count:,} judged by no process, {answers.why(count > 1)}: {', '.join(ids[:FEW])}{more}"
        lines += wrapped(told, screen.width, "  ")
    for line in lines:
        screen.print(line, markup=False)


def _report(report: Report, screen: Console, limit: int) -> None:
    sums(report, screen)
    stages = report.stages
    if stages:
        screen.print()
        screen.print(stages_of(stages))
    shown = report.waiting(limit)
    if shown:
        screen.print()
        screen.print(_deals(shown, report, screen.width))
        more = sum(stage.open for stage in stages) - len(shown)
        marks = "  ".join(f"{MARKS[_MARKED[state]]} {state.value}" for state in STATES)
        screen.print(f"{marks}{f'   … and {more:,} more open deals (--limit 0 shows all)' if more else ''}")


def sums(report: Report | Pushed, screen: Console) -> None:
    """How many deals there are, by group."""
    summary, process = report.summary, report.process
    day = value(report.as_of.astimezone(process.calendar.zone).date())
    screen.print(Text.assemble((one_line(process.title), "bold"), f" {one_line(process.version)}, as of {day}"))
    screen.print(_counted(summary, process.record))


def _counted(summary: Mapping[str, int], record: str) -> str:
    parts = [f"{summary['open']:,} open", f"{summary['won']:,} won", f"{summary['lost']:,} lost"]
    parts += [f"{summary['cancelled']:,} cancelled"] if summary["cancelled"] else []
    parts += [f"{summary['unmapped']:,} in no stage of the process"] if summary["unmapped"] else []
    deals = f"{summary['deals']:,} {record}{'' if summary['deals'] == 1 else 's'}"
    return f"{deals}: {', '.join(parts)}"


def _table() -> Table:
    """A bare table; the columns that are not ``no_wrap`` give way where the terminal is narrow."""
    return Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")


def _cell(text: str, style: str = "") -> Text:
    return Text(one_line(text), style=style, no_wrap=True, overflow="ellipsis")


def stages_of(stages: Iterable[StageCounts]) -> Table:
    """The open deals by stage, and what holds most of them."""
    table = _table()
    table.add_column("Stage", no_wrap=True)
    for name in ("Open", "Ready", "Blocked", "Unknown"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("Held most often by")
    for stage in stages:
        told = f"{stage.held:,} × {short_title(stage.held_by)}" if stage.held_by is not None else "–"
        states = [stage.states.get(state, 0) for state in (State.READY, State.BLOCKED, State.UNKNOWN)]
        table.add_row(_cell(stage.stage.title), *(f"{n:,}" for n in (stage.open, *states)), _cell(told))
    return table


def _by_stage(standings: Iterable[Standing], report: Report) -> list[tuple[Stage, list[Standing]]]:
    found = [(stage, [s for s in standings if s.stage is stage]) for stage in report.process.open_stages]
    return [(stage, mine) for stage, mine in found if mine]


def _holds(verdict: Verdict) -> bool:
    return verdict.criterion.holds and verdict.status in GAPS


def _deals(standings: list[Standing], report: Report, width: int) -> Table:
    table = _table()
    head = "Open deals" if report.process.record == "deal" else "Open leads"
    table.add_column(head, max_width=max(20, width * 3 // 8), no_wrap=True, overflow="ellipsis")
    table.add_column("Amount", justify="right", no_wrap=True)
    table.add_column("Met", justify="right", no_wrap=True)
    table.add_column("First gap")
    names = report.namesakes
    for stage, mine in _by_stage(standings, report):
        table.add_row(_cell(stage.title, "bold"))
        for s in mine:
            table.add_row(*_deal(s, shared=s.deal.fields.get("name") in names))
    return table


def _name(s: Standing) -> str:
    return one_line(s.deal.fields.get("name") or s.deal.id)


def _deal(s: Standing, *, shared: bool) -> tuple[Text, str, str, Text]:
    applying = [v for v in s.verdicts if v.status is not Status.NOT_APPLICABLE]
    met = sum(v.status in (Status.MET, Status.WAIVED) for v in applying)
    gaps = sorted((v for v in applying if _holds(v)), key=lambda v: v.status is not Status.UNMET)
    amount = s.deal.fields.get("amount")
    mark = (MARKS[_MARKED[s.state]], _STYLE[s.state]) if s.state else ("–", "")
    told = f"{one_line(s.deal.id)} {_name(s)}" if shared else _name(s)  # a name that several have does not tell which
    name = Text.assemble("  ", mark, " ", told)
    name.no_wrap, name.overflow = True, "ellipsis"
    return (
        name,
        value(amount) if amount is not None else "–",
        f"{met}/{len(applying)}",
        _cell(short_title(gaps[0].criterion) if gaps else "–"),
    )
