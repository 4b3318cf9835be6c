"""The stages of a CRM by ours: the way back from a stage of the process to the one that the CRM calls by it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dealgate.ports import PipelineInfo, StageInfo
from dealgate.sources.mapping.model import SourceMapping, Value, fold

from .tables import written


class CrmStages:
    """The pipelines of a CRM, read by the mapping of a source."""

    def __init__(self, pipelines: Sequence[PipelineInfo], mapping: SourceMapping) -> None:
        self._pipelines, self._value = pipelines, mapping.records.fields.get("stage", Value())

    def here(self, raw: str | None) -> StageInfo | None:
        """The stage that a deal's raw value names; None where none or several do."""
        return _one(stage for pipeline in self._with(raw) for stage in pipeline.stages if _named(stage, raw))

    def back(self, ours: str, raw: str | None) -> StageInfo | None:
        """The CRM's stage for one of ours, in the pipeline that a deal stands in; None where that is not sure."""
        return _one(stage for pipeline in self._with(raw) for stage in pipeline.stages if self._ours(stage) == ours)

    def _with(self, raw: str | None) -> list[PipelineInfo]:
        return [pipeline for pipeline in self._pipelines if any(_named(stage, raw) for stage in pipeline.stages)]

    def _ours(self, stage: StageInfo) -> Any:
        if self._value.values is None:
            return stage.id
        by = self._value.values
        return by.get(fold(stage.id), by.get(fold(stage.title)))


def _one(stages: Iterable[StageInfo]) -> StageInfo | None:
    """The only one, None where there are several; pipelines may share a stage, which then has one id in all."""
    found = {stage.id: stage for stage in stages}
    return next(iter(found.values())) if len(found) == 1 else None


def _named(stage: StageInfo, raw: str | None) -> bool:
    return raw is not None and fold(raw) in (fold(stage.id), fold(stage.title))


def column_of(mapping: SourceMapping | None, name: str, data: Mapping[str, Any]) -> str | None:
    """The column of a deal's own record that a field is read from."""
    if mapping is None or name not in mapping.records.fields:
        return None
    return next((column for column in mapping.records.fields[name].columns if column in data), None)


def raw_text(data: Mapping[str, Any], column: str | None) -> str | None:
    """A raw value as text; None for none."""
    return None if column is None else written(data.get(column)) or None
