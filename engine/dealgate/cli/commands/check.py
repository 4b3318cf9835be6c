"""``dealgate check``: every deal against its stage's exit criteria."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ...model.diagnostics import Where, WrongUsage, error
from ..engines import Asked, engines, fitting
from ..options import as_of, formats, output, source

if TYPE_CHECKING:
    from ...decide.routed import Routed
    from ..shared import Shared

FAIL_ON = ("blocked", "unknown")
HERE = ("python", "polars")
"""Engines that read files and hold the deals themselves."""


@click.command(
    short_help="Every deal against its stage's exit criteria",
    epilog="""\b
Examples:
  dealgate check deals.csv
  dealgate check export/ --mapping salesforce-export --output json
  dealgate check deals.xlsx --as-of 2026-09-30 --fail-on blocked
  dealgate check deals.csv --engine duckdb
""",
)
@source
@as_of
@output("check", "table")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Write to a file instead of the terminal.")
@click.option("--limit", default=25, show_default=True, help="Deals shown in the table; 0 shows all.")
@click.option("--notes", is_flag=True, help="Tell every note on the source, not the first of each kind.")
@click.option("--fail-on", type=click.Choice(FAIL_ON), help="Exit with 1 if an open deal is blocked (or unknown too).")
@click.option(
    "--engine", type=click.Choice(engines()), help="What judges: columns above a few hundred deals, else one by one."
)
@click.option("--timing", is_flag=True, help="Also tell how long reading and judging took, and deals a second.")
@click.option("--into", metavar="TABLE", help="In a database or Spark: also write every verdict to this new table.")
def command(
    source: Path | str, mapping: str | None, process: str | None, as_of: date | datetime, output: str,
    out: Path | None, limit: int, notes: bool, fail_on: str | None, engine: str | None, timing: bool,
    into: str | None,
) -> None:  # fmt: skip
    """Check every deal against its stage's exit criteria: what is proven, what is missing, what to do next."""
    from importlib import import_module
    from time import perf_counter

    from ..options import playbook_of
    from ..render.timing import line
    from ..render.write import say

    start = perf_counter()
    _fits(source, engine, into, output)
    several: Shared | None = None
    if isinstance(source, str):
        asked = Asked(playbook_of(process), as_of, url=source, mapping=mapping, into=into)
    else:
        if out is not None and out.resolve() == source.resolve():
            raise WrongUsage(
                error("DG907", "The report would replace the export.", Where(str(out)), "name another file")
            )
        several = _shared(source, mapping, process, as_of, engine, notes=notes)
        if several is None:
            asked = _asked(source, mapping, process, as_of, engine, notes=notes)
    package = __package__.rpartition(".")[0]
    read = perf_counter()
    report: Any
    if several is not None:
        report = _routed(several, as_of, engine)
    else:
        report = import_module(f"{package}.engines.{engine or fitting(asked)}").check(asked)
    if timing:
        done, held = perf_counter(), several is not None or asked.source is not None
        say(line(report.summary["deals"], read - start if held else None, done - (read if held else start)), err=True)
    render_for(report, output).render(report, out, limit)
    if out is not None:
        say(f"Written to {out}.", err=True)
    failing = {"blocked": ("blocked",), "unknown": ("blocked", "unknown")}.get(fail_on or "", ())
    summary = report.summary if failing else {}
    if any(summary[state] for state in failing):
        raise SystemExit(1)


def _fits(source: Path | str, engine: str | None, into: str | None, output: str) -> None:
    """Refuses, before anything is read or written, what does not go together."""
    if isinstance(source, str):
        if engine in HERE:
            message = f"The {engine} engine reads files, and the source is a database."
            raise WrongUsage(error("DG933", message, suggestion="leave out --engine"))
        if output not in formats("pushed"):
            raise only_figures()
    elif into is not None:
        message = "`--into` writes to the database that the deals are in, and the source is a file."
        raise WrongUsage(error("DG933", message, suggestion="take --out FILE with --output parquet or csv"))


def only_figures() -> WrongUsage:
    """The output asked for shows deals, and none came back."""
    message = "The deals were judged where they are, and only the figures were pulled."
    known = " or ".join(formats("pushed"))
    return WrongUsage(error("DG909", message, suggestion=f"take --output {known}, and --into TABLE for the verdicts"))


def _asked(
    source: Path, mapping: str | None, process: str | None, as_of: date | datetime, engine: str | None, *, notes: bool
) -> Asked:
    """A file or folder, read; or only looked at, where it is large and in our own columns."""
    from ..reading import read, tell_stages

    found = read(source, mapping, process, notes=notes, scanning=engine in (None, "polars"), as_of=as_of)
    tell_stages(found, as_of, notes=notes)
    return Asked(found.playbook, as_of, found.opened, mapping=mapping, scanned=found.scanned)


def _shared(
    source: Path, mapping: str | None, process: str | None, as_of: date | datetime, engine: str | None, *, notes: bool
) -> Shared | None:
    """The file by every process that shares its deals; None where one process judges all of them."""
    from ..shared import processes_of, shared

    if engine in (None, *HERE):
        return shared(source, mapping, process, as_of, notes=notes)
    if process is None and processes_of():
        from ..render.write import say

        say(
            f"The {engine} engine judges by one process, the first that reads the source; --process names it.", err=True
        )
    return None


def _routed(several: Shared, as_of: date | datetime, engine: str | None) -> Routed:
    """Each process's deals judged by it, and those that are left."""
    from importlib import import_module

    from ...compile.frames import deals_of
    from ...decide.judge import Standing
    from ...decide.routed import Routed, Unrouted
    from ...decide.routing import only

    package = __package__.rpartition(".")[0]
    asked = [Asked(read.playbook, as_of, read.opened) for read in several.reads]
    reports = [import_module(f"{package}.engines.{engine or fitting(one)}").check(one) for one in asked]
    first = several.whole[0]
    left = []
    for group in several.routes.left:
        for deal in deals_of(only(first.source.frames, group.ids), first.playbook.process):
            left.append(Unrouted(Standing(deal, "unmapped", None, None, None, ()), group.answers))
    return Routed(tuple(reports), tuple(left), first.playbook.judge.moment(as_of).as_of)


def render_for(report: Any, output: str) -> Any:
    """What writes a report of deals, or the figures of what was judged elsewhere. Raises WrongUsage for no such one."""
    from importlib import import_module

    from ...decide.report import Report
    from ...decide.routed import Routed

    package, folder = __package__.rpartition(".")[0], "check" if isinstance(report, Report | Routed) else "pushed"
    if output not in formats(folder):
        raise only_figures()
    return import_module(f"{package}.render.{folder}.{output}")
