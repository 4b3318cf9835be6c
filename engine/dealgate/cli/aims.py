"""What is to be reached, for a command: documents of targets, the teams, and exchange rates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..model.diagnostics import DocumentsDoNotHold, Severity

if TYPE_CHECKING:
    from ..documents.load import Loaded
    from ..model.calendar import Rates
    from ..model.process import Process
    from ..model.targets import Targets
    from ..model.teams import Teams


@dataclass(frozen=True, slots=True)
class Set:
    """What was set: targets of one or several documents, teams, and rates into the process's currency."""

    targets: tuple[Targets, ...]
    teams: Teams
    rates: Rates | None


def aims(named: Sequence[str], process: Process) -> Set:
    """The documents of targets named, else those that the workspace uses; its teams and rates.

    Raises DocumentsDoNotHold where one does not hold.
    """
    from ..documents.load import load_targets, load_used, load_workspace
    from ..documents.workspace import find_workspace
    from ..model.teams import Teams

    folder = find_workspace(Path.cwd())
    targets = [load_targets(one, calendar=process.calendar) for one in named]
    rates: list[Loaded] = []
    teams = Teams()
    if folder is not None:
        if not named:
            targets = load_used("targets", folder, calendar=process.calendar)
        rates = load_used("rates", folder)
        teams = holding(load_workspace(folder)).teams or teams
    into = [one.rates[process.currency] for one in map(holding, rates) if one.rates and process.currency in one.rates]
    return Set(
        tuple(one.targets for one in map(holding, targets) if one.targets is not None), teams, into[0] if into else None
    )


def holding(loaded: Loaded) -> Loaded:
    """The document; what it warns of is told."""
    from .render.diagnostics.text import render
    from .render.write import say

    if not loaded.holds:
        raise DocumentsDoNotHold(*loaded.diagnostics)
    warnings = [one for one in loaded.diagnostics if one.severity > Severity.INFO]
    if warnings:
        say(render(warnings, loaded.files), err=True)
    return loaded
