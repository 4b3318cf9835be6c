"""Probabilities of stages as history proposes them, for a command: a change of the process's file that nobody makes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ..model.diagnostics import WrongUsage, error
from .forecasting import ALL, snapshot_of
from .past import Past

if TYPE_CHECKING:
    from ..forecast.calibrate import Proposed


@dataclass(frozen=True)
class Calibration:
    """Proposed probabilities, with the process's file as it is and as it would be (empty: it is not at hand)."""

    past: Past
    proposed: Sequence[Proposed]
    file: str
    before: str
    after: str


def calibration(
    source: Path | str, mapping: str | None, process: str | None, as_of: date | datetime, known_at: datetime | None
) -> Calibration:
    """What history proposes. Raises WrongUsage where no deal has ended yet."""
    from ..forecast.calibrate import calibrated
    from ..metrics.figure import NoValue

    past, snapshot, _ = snapshot_of(source, mapping, process, as_of, known_at, ALL, "amount")
    found = calibrated(snapshot)
    if isinstance(found, NoValue):
        message = f"There is nothing to calibrate by: {found.reason}."
        raise WrongUsage(error("DG855", message, suggestion="give a source with deals that were won and lost"))
    files = {one.stage.at.file for one in found}
    file = files.pop() if len(files) == 1 else ""
    path = _file_of(file)
    before = path.read_text("utf-8") if path is not None else ""
    return Calibration(past, found, file, before, _written(before, found))


def _file_of(name: str) -> Path | None:
    """Where a document's file lies: as it is named, in the workspace, or among the bundled ones."""
    from ..bundled import bundled
    from ..documents.workspace import find_workspace

    folder = find_workspace(Path.cwd())
    tried = [Path(name), *([folder / name] if folder else []), bundled("rules").parent / name, bundled("rules") / name]
    return next((one for one in tried if name and one.is_file()), None)


def _written(text: str, proposed: Sequence[Proposed]) -> str:
    """The text with the proposed probabilities: the first line that gives one after each stage's own line."""
    import re

    lines = text.splitlines(keepends=True)
    starts = sorted(one.stage.at.line for one in proposed)
    for one in proposed:
        if one.proposed is None or not lines:
            continue
        after = next((line for line in starts if line > one.stage.at.line), len(lines) + 1)
        for n in range(one.stage.at.line - 1, min(after - 1, len(lines))):
            if re.match(r"\s*probability:", lines[n]):
                lines[n] = re.sub(r"(probability:\s*)[^\s#]+", rf"\g<1>{one.proposed}%", lines[n])
                break
    return "".join(lines)
