"""A framework element that is due later than the stage whose criterion blocks on it."""

from __future__ import annotations

from collections.abc import Iterator

from dealgate.model.condition import ElementAnswer, ElementLevel
from dealgate.model.diagnostics import Diagnostic, warning

from ._subject import Subject, positive


def check(subject: Subject) -> Iterator[Diagnostic]:
    """One for each blocking criterion of a stage that needs an element before it is due."""
    process = subject.process
    order = {stage.id: n for n, stage in enumerate(process.stages)}
    for criterion in process.criteria:
        if criterion.stage is None or criterion.enforce != "block":
            continue
        for node in positive(criterion.check):
            if not isinstance(node, (ElementLevel, ElementAnswer)):
                continue
            framework = process.frameworks.get(node.framework)
            element = framework.element(node.element) if framework else None
            if framework is None or element is None or element.due is None:
                continue
            if order.get(element.due, -1) > order[criterion.stage]:
                message = (
                    f"`{criterion.id}` needs {framework.title}'s element `{element.id}`, which is due in the later "
                    f"stage `{element.due}`."
                )
                hint = f"use: {{frameworks: [{{id: {framework.id}, due: {{{element.id}: {criterion.stage}}}}}]}}"
                yield warning("DG309", message, node.at, f"ask for it later, or make it due earlier: `{hint}`")
