"""What a CRM has and what it can hold, for a command: by its adapter, and by the mapping that reads it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..model.diagnostics import WrongUsage, error

if TYPE_CHECKING:
    from ..documents.workspace import ConfiguredSource
    from ..sync.described import Described
    from ..sync.portability import Portability


@dataclass(frozen=True)
class SeenCrm:
    """What a source's CRM has. ``stages``: the titles of the process's stages."""

    source: str
    title: str
    mapping: str
    stages: dict[str, str]
    seen: Described


def seen_crm(source: ConfiguredSource) -> SeenCrm:
    """Asks a source's CRM what it has. Raises WrongUsage, SourceFailed."""
    from ..sync.described import described
    from .enforcing import adapter_of
    from .syncing import FILE, rules_of

    if source.adapter == FILE:
        message = f"The source `{source.name}` is a file, which describes nothing."
        raise WrongUsage(error("DG978", message, source.at, "use `dealgate map` for a file"))
    playbook, mapping = rules_of(source)
    with adapter_of(source) as adapter:
        seen = described(adapter.describe(), mapping, playbook.process)
    titles = {stage.id: stage.title for stage in playbook.process.stages}
    return SeenCrm(source.name, str(source.settings.get("title") or source.adapter), mapping.id, titles, seen)


def ported(crm: str, process: str | None) -> Portability:
    """What a CRM can hold of a process, by its adapter and the mapping that comes with it. Raises WrongUsage."""
    from ..documents.library import Library
    from ..documents.workspace import find_workspace
    from ..model.diagnostics import DealgateError
    from ..sources.mapping.load import load_mapping
    from ..sync.adapters import declared, title_of
    from ..sync.portability import portability
    from .options import playbook_of

    able = declared(crm)
    if able is None:
        message = f"The adapter `{crm}` does not declare what it can do."
        raise WrongUsage(
            error("DG967", message, suggestion="give its module a constant CAPABILITIES: docs/adapters.md")
        )
    judged = playbook_of(process).process
    mapped: dict[str, tuple[str, ...]] = {}
    with suppress(DealgateError):  # none comes with it, or it speaks of another process's stages
        records = load_mapping(crm.replace("_", "-"), judged, Library(find_workspace(Path.cwd()))).records
        mapped = {name: value.columns for name, value in records.fields.items() if value.columns}
    return portability(title_of(crm), judged, able, mapped)
