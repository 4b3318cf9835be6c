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
    """The documents named, else those that the workspace uses. Raises DocumentsDoNotHold where one does not hold."""
    from ..documents.library import Library
    from ..documents.load import load_rates, load_targets, load_teams
    from ..documents.workspace import find_workspace
    from ..model.teams import Teams

    folder = find_workspace(Path.cwd())
    use = Library(folder).workspace.use if folder is not None else {}
    targets = [_held(load_targets(one, calendar=process.calendar)) for one in named or use.get("targets", ())]
    teams = _held(load_teams(folder)).teams if folder is not None else None
    rates = [_held(load_rates(one)) for one in use.get("rates", ())]
    into = [one.rates[process.currency] for one in rates if one.rates and process.currency in one.rates]
    return Set(
        tuple(one.targets for one in targets if one.targets is not None), teams or Teams(), into[0] if into else None
    )


def _held(loaded: Loaded) -> Loaded:
    """The document; what it warns of is told."""
    from .render.diagnostics.text import render
    from .render.write import say

    if not loaded.holds:
        raise DocumentsDoNotHold(*loaded.diagnostics)
    warnings = [one for one in loaded.diagnostics if one.severity > Severity.INFO]
    if warnings:
        say(render(warnings, loaded.files), err=True)
    return loaded
