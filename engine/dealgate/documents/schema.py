"""Documents against their JSON Schema: a fast yes, or every problem told at its deepest cause.

jsonschema_rs both decides and lists the errors: they name the keyword, the path and the place in the schema, which is
all that a sentence needs, and what decides is then also what explains. Nothing is fetched: all schemas are local.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from dealgate.bundled import bundled
from dealgate.model.diagnostics import Diagnostic

from .nodes import Map, Node, Plain, Scalar, plain_data, surprise
from .yaml import limited

_BASE = "https://dealgate.invalid/"
_REFERENCE = re.compile(r'"\$ref"\s*:\s*"([^"#]+\.json)')
_PROBES_ALONE = 40
"""How many surprising words are each looked at by themselves; later ones share the answer of their like."""
_MOST_ERRORS = 1000
"""How many errors are put into words; a document with more is mended in several rounds."""

Json = dict[str, Any]
Steps = tuple[str | int, ...]


def check(node: Node, name: str) -> list[Diagnostic]:
    """What in a document does not fit the shipped schema ``name`` (`process`), in the order of the text."""
    return _shipped().check(node, name)


@cache
def _shipped() -> Schemas:
    return Schemas(bundled("schemas"))


class Schemas:
    """The schemas of one folder, read and compiled when first needed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, Json] = {}
        self._compiled: dict[str, Any] = {}

    def check(self, node: Node, name: str) -> list[Diagnostic]:
        """What in a document does not fit the schema ``name``, in the order of the text.

        Raises FileNotFoundError for a schema that is not there.
        """
        validator = self.validator(name)
        data = plain_data(node)
        surprises = _surprises(node, [], [])
        if validator.is_valid(data):
            if not surprises:
                return []
            errors: list[Any] = []
        else:
            errors = list(validator.iter_errors(data))
        from . import schema_words as words  # only on failure

        found = words.told(errors[:_MOST_ERRORS], node, self.schema, f"{name}.schema.json")
        if len(errors) <= _MOST_ERRORS:
            wrong = {tuple(e.instance_path) for e in errors}
            found += [words.quote_it(path, one) for path, one in _either(data, surprises, validator, wrong)]
        unique = {(d.where, d.code, d.message): d for d in found}
        ordered = sorted(unique.values(), key=lambda d: (d.where.line, d.where.column, d.code, d.message))
        return limited(ordered, node.file, max(0, len(errors) - _MOST_ERRORS))

    def validator(self, name: str) -> Any:
        """The compiled schema: ``is_valid(data)``, ``iter_errors(data)``."""
        if name not in self._compiled:
            import jsonschema_rs  # late: commands that check nothing do not pay for it

            file = f"{name}.schema.json"
            needed = [(_BASE + one, self.schema(one)) for one in self._closure(file) if one != file]
            registry = jsonschema_rs.Registry(needed) if needed else None
            self._compiled[name] = jsonschema_rs.Draft202012Validator(
                self.schema(file), registry=registry, base_uri=_BASE + file, offline=True
            )
        return self._compiled[name]

    def schema(self, file: str) -> Json:
        """One schema file as data."""
        if file not in self._read:
            self._load(file)
        return self._read[file]

    def _load(self, file: str) -> str:
        text = (self._folder / file).read_text("utf-8")
        self._read[file] = json.loads(text)
        return text

    def _closure(self, file: str) -> list[str]:
        """A schema's file and all that it refers to."""
        seen = [file]
        for one in seen:
            seen += [other for other in dict.fromkeys(_REFERENCE.findall(self._load(one))) if other not in seen]
        return seen


def _surprises(node: Node, path: list[str | int], found: list[tuple[Steps, Scalar]]) -> list[tuple[Steps, Scalar]]:
    """Adds the words without quotes that other YAML readers would not take for text."""
    if isinstance(node, Scalar):
        if node.plain and surprise(node.text) is not None:
            found.append((tuple(path), node))
        return found
    for step, inner in node.items.items() if isinstance(node, Map) else enumerate(node.items):
        path.append(step)
        _surprises(inner, path, found)
        path.pop()
    return found


def _either(
    data: Plain, surprises: list[tuple[Steps, Scalar]], validator: Any, wrong: set[Steps]
) -> Iterator[tuple[Steps, Scalar]]:
    """Surprising words where the schema would also take what other YAML readers see in them."""
    known: dict[tuple[Any, ...], bool] = {}
    for count, (path, scalar) in enumerate(surprises):
        if path in wrong or not path:
            continue
        kind = surprise(scalar.text)
        like = (kind, *(part if isinstance(part, str) else "*" for part in path))
        answer = known.get(like) if count >= _PROBES_ALONE else None
        if answer is None:
            answer = known[like] = _fits(data, path, True if kind is bool else 1, validator, wrong)
        if answer:
            yield path, scalar


def _fits(data: Plain, path: Steps, probe: bool | int, validator: Any, wrong: set[Steps]) -> bool:
    """Whether the document would hold as well with another value at a path."""
    holder: Any = data
    for part in path[:-1]:
        holder = holder[part]
    kept, holder[path[-1]] = holder[path[-1]], probe
    try:
        if not wrong:
            return bool(validator.is_valid(data))
        return all(tuple(e.instance_path) in wrong for e in validator.iter_errors(data))
    finally:
        holder[path[-1]] = kept
