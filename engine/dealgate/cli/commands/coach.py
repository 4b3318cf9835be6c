"""``dealgate coach``: what plays recommend."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from ..options import as_of, output, past_source


@click.command(
    short_help="What to ask, do and practise next, and why",
    epilog="""\b
Examples:
  dealgate coach
  dealgate coach deals.csv --owner "Rita Lind"
  dealgate coach --why "coaching.coach-dates:Rita Lind"
  dealgate coach --output csv --out coaching.csv
""",
)
@past_source
@click.option("--plays", "references", multiple=True, metavar="ID|FILE", help="Which plays; else those in use.")
@click.option("--play", "plays", multiple=True, metavar="ID", help="Show only what this play recommends, or several.")
@click.option("--owner", "owners", multiple=True, metavar="NAME", help="Show only this owner's, or several.")
@click.option("--team", "teams", multiple=True, metavar="NAME", help="Show only this team's, or several.")
@click.option("--why", metavar="ID", help="Why this was concluded, down to deals and lines of rules.")
@as_of
@output("coach", "text")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Write to a file instead of the terminal.")
def command(
    source: Path | str, mapping: str | None, process: str | None, known_at: datetime | None,
    references: tuple[str, ...], plays: tuple[str, ...], owners: tuple[str, ...], teams: tuple[str, ...],
    why: str | None, as_of: date | datetime, output: str, out: Path | None,
) -> None:  # fmt: skip
    """Coach by plays: of verdicts, findings, metrics and events they conclude what is behind, and recommend the next
    question, behaviour and practice for people, and the next action on deals."""
    from importlib import import_module

    from ..coaching import Wish, conclusion, taught
    from ..render.write import put, say

    shown = taught(source, mapping, process, as_of, known_at, references, Wish(plays, owners, teams))
    package = f"{__package__.rpartition('.')[0]}.render.coach"
    if why is not None:
        one = conclusion(shown, why)
        if output == "json":
            from ..render.clean import dumps

            told = dumps(import_module(f"{package}.json").conclusion(one, shown), 1)
        else:
            told = import_module(f"{package}.why").render(one, shown)
    else:
        told = import_module(f"{package}.{output}").render(shown)
    put(told, out, exact=output != "text")
    if out is not None:
        say(f"Written to {out}.", err=True)
