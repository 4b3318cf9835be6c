"""What the commands that speak SQL share: which process and mapping are meant, and what the raw tables are like."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..model.diagnostics import DealgateError, Diagnostic

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..decide.playbook import Playbook
    from ..model.process import Process
    from ..sources.mapping.model import SourceMapping
    from ..sources.staging.raw import Raw


def chosen(process: str | None, mapping: str | None) -> tuple[Playbook, SourceMapping | None]:
    """The playbook and the mapping named; without a mapping that of the workspace's only source, else none.

    Where no process is named, the first that judges the records which the mapping maps.
    """
    from ..documents.library import Library
    from ..documents.workspace import find_workspace
    from ..sources.mapping.load import load_mapping, reference_of
    from .options import playbook_of
    from .reading import judged_by

    library = Library(find_workspace(Path.cwd()))
    if mapping is None and find_workspace(Path.cwd()) is not None:
        named = {source.mapping for source in library.workspace.sources.values() if source.mapping}
        mapping = next(iter(named)) if len(named) == 1 else None
    if mapping is None:
        return playbook_of(process), None
    reference = reference_of(mapping)
    return judged_by(process, lambda playbook: load_mapping(reference, playbook.process, library))


def raw_of(have: tuple[str, ...], schema: str | None, spelled: str | None, dialect: str) -> Raw:
    """The raw tables as the options tell of them."""
    from ..sources.staging.raw import Raw

    names = spelled or ("upper" if dialect == "snowflake" else "keep")
    assert names in ("keep", "upper", "lower")
    return Raw(None, frozenset(have), tuple(schema.split(".")) if schema else (), names)  # type: ignore[arg-type]


def unable(processes: Sequence[Process], dialect: str, mapping: str | None) -> list[Diagnostic]:
    """What a database could not judge of these processes, over the raw tables of a mapping or ready staging tables.

    Raises as reading the mapping does, where no process judges the records that it maps.
    """
    from ..decide.judge import Judge
    from ..documents.library import Library
    from ..documents.workspace import find_workspace
    from ..publish.pushed import push
    from ..sources.mapping.load import load_mapping, reference_of
    from .options import now
    from .reading import OTHER_RECORDS

    found: list[Diagnostic] = []
    refused: list[DealgateError] = []
    for process in processes:
        mapped = None
        if mapping is not None:
            try:
                mapped = load_mapping(reference_of(mapping), process, Library(find_workspace(Path.cwd())))
            except DealgateError as refusal:
                if not any(d.code in OTHER_RECORDS for d in refusal.diagnostics):
                    raise
                refused.append(refusal)
                continue
        found += push(process, Judge(process).moment(now()), dialect, mapped).diagnostics
    if refused and len(refused) == len(processes):
        raise refused[0]
    return list(dict.fromkeys(found))
