"""A stage that no deal can reach."""

from __future__ import annotations

from collections.abc import Iterator

from dealgate.model.diagnostics import Diagnostic, error

from ._moves import blamed, leaving, met_together, names, open_in, steps, told
from ._subject import Subject


def check(subject: Subject) -> Iterator[Diagnostic]:
    """One for each open stage behind a stage of won deals, or whose entry rules out the way to it."""
    won = None
    for stage in subject.process.stages:
        if stage.after == "won":
            won = stage
        elif won is not None:
            message = (
                f"No open deal can reach the stage `{stage.id}`: it stands behind `{won.id}`, which holds won deals."
            )
            yield error("DG300", message, stage.at, f"put it before `{won.id}`")
    for earlier, stage in steps(subject):
        before = leaving(subject, earlier)
        asked = [*before, *stage.enter]
        given = open_in()
        if met_together(subject, asked, given) or not met_together(subject, before, given) or told(subject, asked):
            continue
        rest = blamed(subject, asked, given)
        how = "cannot be met by an open deal" if len(rest) == 1 else "rule each other out"
        message = f"No deal can reach the stage `{stage.id}`: {names(rest)} {how}."
        yield error("DG300", message, stage.at, "change what blocks, or let it `warn`")
