"""What each metric means: all in a line each, those asked for in full."""

from __future__ import annotations

from typing import Any

from rich.table import Table
from rich.text import Text

from ...metrics.catalogue import catalogue
from ...metrics.registry import metric
from .clean import one_line
from .console import console, written
from .explain import wrapped
from .width import columns, width


def render(wanted: tuple[str, ...]) -> str:
    """The metrics named in full, or all in a line each. Raises WrongUsage where there is no such metric."""
    known = {one["id"]: one for one in catalogue()}
    if wanted:
        return "\n\n".join("\n".join(_whole(known[metric(name).id])) for name in wanted)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("Metric", no_wrap=True)
    table.add_column("Unit", no_wrap=True)
    table.add_column("What it is", overflow="fold", max_width=max(30, columns(100) - 46))
    for name, one in known.items():
        table.add_row(*(Text(one_line(cell)) for cell in (name, one["unit"], one["name"])))
    screen = console()
    screen.print(table)
    return written(screen)


def _whole(one: dict[str, Any]) -> list[str]:
    across = width(100)
    lines = [f"{one['id']} {one['version']}: {one['name'].lower()[:1]}{one['name'][1:]}", ""]
    for head, text in (
        ("Question", one["question"]),
        ("Formula", one["formula"]),
        ("Unit", one["unit"]),
        ("One case", one["grain"]),
        ("Better", one["better"]),
        ("By stage", one["by_stage"]),
        ("Source", one["source"]),
    ):
        lines += wrapped(f"{head}: {text}", across, "  ")
    lines += ["", "Measures"]
    for name, about in one["measures"].items():
        lines += wrapped(f"  {name}: {about}", across, "    ")
    lines += ["", "Choices (--policy NAME=VALUE)"]
    for policy in one["policies"]:
        allowed = f" ({' | '.join(policy['allowed'])})" if policy["allowed"] else ""
        lines += wrapped(f"  {policy['id']}={policy['choice']}{allowed}: {policy['about']}", across, "    ")
    if one["edges"]:
        lines += ["", "At the edges"]
        for edge in one["edges"]:
            lines += wrapped(f"  – {edge}", across, "    ")
    return lines
