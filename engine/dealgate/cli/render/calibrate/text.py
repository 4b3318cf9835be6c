"""Proposed stage probabilities for a terminal: the evidence, then the change of the file."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from ....forecast.calibrate import Proposed
from ...calibrating import Calibration
from ...past import BACKFILLED
from ..console import console, written
from ..explain import wrapped
from ..unified import unified
from ..width import width


def render(found: Calibration) -> str:
    """The text."""
    screen = console()

    def say(text: str) -> None:
        for line in wrapped(text, width(100)):
            screen.print(Text(line), soft_wrap=True)

    say(f"{found.past.playbook.process.title}: the chance to be won in the end, of deals that entered a stage")
    screen.print()
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("Stage", "Says", "Was", "95 %", "n", ""):
        table.add_column(name, justify="left" if name in ("Stage", "") else "right", no_wrap=name != "")
    for one in found.proposed:
        table.add_row(*(Text(cell) for cell in _cells(one)))
    screen.print(table)
    change = unified(found.before, found.after, found.file) if found.before else ""
    screen.print()
    if change:
        screen.print(Text(change), soft_wrap=True)
        screen.print()
        say("Nothing was changed: edit the file, and see what it does with `dealgate forecast --weights process`.")
    elif any(one.proposed is not None for one in found.proposed):
        say("The process is made of several files: write the probabilities where each stage stands.")
    else:
        say("There is nothing to change.")
    if found.past.history.reconstructed:
        say(BACKFILLED)
    return written(screen)


def _cells(one: Proposed) -> list[str]:
    said = "–" if one.stage.probability is None else f"{float(one.stage.probability) * 100:g} %"
    if one.shrunk is None or one.low is None or one.high is None:
        return [one.stage.title, said, "–", "", str(one.n), one.why]
    proposed = f"→ {one.proposed} %" if one.proposed is not None else one.why
    return [
        one.stage.title, said, f"{one.shrunk * 100:.1f} %", f"{one.low * 100:.0f}–{one.high * 100:.0f} %", f"{one.n:,}",
        proposed,
    ]  # fmt: skip
