"""Finding the mapping whose shape fits: its files and columns are all there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dealgate.model.diagnostics import SourceFailed
from dealgate.sources.shape import named
from dealgate.sources.tables import Folder

from .model import Keep, Records, SourceMapping, Value


@dataclass(frozen=True, slots=True)
class Shape:
    """The columns that a mapping cannot do without, by file."""

    files: dict[str, frozenset[str]]

    @property
    def size(self) -> int:
        """How much it asks for; of two that fit the larger is the closer."""
        return sum(map(len, self.files.values()))


def shape_of(mapping: SourceMapping) -> Shape:
    """What must be there: every file and column that is not marked as optional."""
    found: dict[str, set[str]] = {}
    sections = [mapping.records, *mapping.children.values()]
    sections += [mapping.users] if mapping.users else []
    extra: dict[int, list[Value]] = {}
    if mapping.history and mapping.history.table:
        sections.append(mapping.history.table)
        extra[id(mapping.history.table)] = [mapping.history.at]
    if mapping.history:
        extra[id(mapping.records)] = [step.at for step in mapping.history.derive]
    for section in sections:
        if section.optional:
            continue
        _add(found, section, extra.get(id(section), []))
    return Shape({file: frozenset(columns) for file, columns in found.items()})


def _add(found: dict[str, set[str]], section: Records, extra: list[Value]) -> None:
    aliases = {join.alias: join for join in section.joins}
    names: list[str] = [*section.id, *section.link, *_columns(section.where)]
    proofs = [value for proof in section.evidence for value in proof.fields.values()]
    for value in (*section.fields.values(), *proofs, *extra):
        if not value.optional:
            names += [*value.columns, *_columns(value.when)]
            names += [value.currency_column] if value.currency_column else []
    for join in section.joins:
        if not join.optional:
            found.setdefault(join.file, set()).update(there for _, there in join.match)
            names += [here for here, _ in join.match]
    for file in section.files:
        mine = found.setdefault(file.partition("#")[0], set())
        for name in names:
            alias, dot, column = name.partition(".")
            if dot and alias in aliases:
                if not aliases[alias].optional:
                    found.setdefault(aliases[alias].file, set()).add(column)
            elif "#" not in file:
                mine.add(name)


def _columns(keep: Keep) -> Iterator[str]:
    yield from keep


def fits(mapping: SourceMapping, folder: Folder, single: str | None = None) -> int:
    """How much of the folder the mapping's shape takes up; 0 where it does not fit.

    ``single`` is the one file that was given; it stands for the records' own, whatever its name.
    """
    shape = shape_of(mapping)
    own = mapping.records.files[0].partition("#")[0]
    for file, columns in shape.files.items():
        there = single if single is not None and file == own else folder.find(file)
        if there is None:
            return 0
        try:
            known = folder.columns(there)
        except SourceFailed:
            return 0
        if any(named(column, known) is None for column in columns):
            return 0
    return shape.size
