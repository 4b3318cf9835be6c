"""A metric under `health` that does not exist."""

from __future__ import annotations

from collections.abc import Iterator

from dealgate.model.diagnostics import Diagnostic, warning
from dealgate.model.metrics import METRICS

from ..suggest import meant
from ._subject import Subject


def check(subject: Subject) -> Iterator[Diagnostic]:
    """One for each id that no metric has, with the nearest one."""
    for stage in subject.process.stages:
        for metric in stage.health:
            if metric in METRICS:
                continue
            at = subject.at("stages", stage.id, "health", metric)
            yield warning("DG315", f"There is no metric `{metric}`.", at, meant(metric, METRICS), len(metric))
