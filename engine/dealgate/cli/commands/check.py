"""``dealgate check``: every deal against its stage's exit criteria."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from ...model.diagnostics import Where, WrongUsage, error
from ..options import as_of, output, source

FAIL_ON = ("blocked", "unknown")


@click.command(
    short_help="Every deal against its stage's exit criteria",
    epilog="""\b
Examples:
  dealgate check deals.csv
  dealgate check export/ --mapping salesforce-export --output json
  dealgate check deals.xlsx --as-of 2026-09-30 --fail-on blocked
""",
)
@source
@as_of
@output("check", "table")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Write to a file instead of the terminal.")
@click.option("--limit", default=25, show_default=True, help="Deals shown in the table; 0 shows all.")
@click.option("--notes", is_flag=True, help="Tell every note on the source, not the first of each kind.")
@click.option("--fail-on", type=click.Choice(FAIL_ON), help="Exit with 1 if an open deal is blocked (or unknown too).")
def command(
    source: Path, mapping: str | None, process: str | None, as_of: date | datetime, output: str, out: Path | None,
    limit: int, notes: bool, fail_on: str | None,
) -> None:  # fmt: skip
    """Check every deal against its stage's exit criteria: what is proven, what is missing, what to do next."""
    from importlib import import_module

    from ...decide.report import check
    from ..progress import progress
    from ..reading import read
    from ..render.write import say

    if out is not None and out.resolve() == source.resolve():
        raise WrongUsage(error("DG907", "The report would replace the export.", Where(str(out)), "name another file"))
    found = read(source, mapping, process, notes=notes)
    with progress(found.source.deals, "Judging") as deals:
        report = check(found.playbook, deals, as_of)
    import_module(f"{__package__.rpartition('.')[0]}.render.check.{output}").render(report, out, limit)
    if out is not None:
        say(f"Written to {out}.", err=True)
    failing = {"blocked": ("blocked",), "unknown": ("blocked", "unknown")}.get(fail_on or "", ())
    if any(report.summary[state] for state in failing):
        raise SystemExit(1)
