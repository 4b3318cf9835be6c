"""A stage that no deal can leave forward."""

from __future__ import annotations

from collections.abc import Iterator

from dealgate.model.diagnostics import Diagnostic, error

from ._moves import blamed, leaving, met_together, names, open_in, told
from ._subject import Subject


def check(subject: Subject) -> Iterator[Diagnostic]:
    """One for each open stage whose blocking exit criteria (with those that stay) no deal in it can meet."""
    stages = subject.process.open_stages
    for stage in stages:
        last = stage is stages[-1]
        asked = [*leaving(subject, stage), *(subject.process.won if last else ())]
        given = open_in(stage)
        if met_together(subject, asked, given) or told(subject, asked):
            continue
        rest = blamed(subject, asked, given)
        how = "cannot be met by a deal in it" if len(rest) == 1 else "rule each other out"
        goal = "be won from" if last else "leave"
        message = f"No deal can {goal} the stage `{stage.id}`: {names(rest)} {how}."
        yield error("DG301", message, stage.at, "change what blocks, or let it `warn`")
