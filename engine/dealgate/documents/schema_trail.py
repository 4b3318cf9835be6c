"""Where in the schemas an error arose: the schemas passed on the way, each with how deep in the document it applied."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

Json = dict[str, Any]
Reader = Callable[[str], Json]

_NAMED = frozenset(["properties", "patternProperties", "prefixItems"])
_BELOW = frozenset(["items", "additionalProperties", "unevaluatedProperties", "contains", "propertyNames"])


class Trail:
    """The schemas from the root to the one that refused, outermost first."""

    def __init__(self, evaluation: Sequence[str | int], read: Reader, file: str) -> None:
        self.steps: list[tuple[int, Json]] = []
        schema: Any = read(file)
        depth = 0
        self._note(depth, schema)
        parts = list(evaluation)[:-1]
        at = 0
        while at < len(parts):
            part = parts[at]
            at += 1
            if part == "$ref":
                schema, file = _resolved(str(schema.get("$ref")), read, file)
            else:
                if not isinstance(schema, dict) or part not in schema:
                    break
                schema = schema[part]
                if part in _NAMED or part in ("allOf", "anyOf", "oneOf", "dependentSchemas"):
                    if at >= len(parts):
                        break
                    try:
                        schema = schema[parts[at]]
                    except (KeyError, IndexError, TypeError):
                        break
                    at += 1
                depth += part in _NAMED or part in _BELOW
            self._note(depth, schema)

    @property
    def last(self) -> Json:
        """The schema that refused."""
        return self.steps[-1][1]

    def at(self, depth: int) -> list[Json]:
        """The schemas that applied so deep in the document, outermost first."""
        return [schema for deep, schema in self.steps if deep == depth]

    def word(self, key: str, depth: int) -> str | None:
        """The nearest ``title`` or ``description`` that the schemas give to what stands so deep."""
        return next((str(schema[key]) for schema in reversed(self.at(depth)) if key in schema), None)

    def _note(self, depth: int, schema: Any) -> None:
        if isinstance(schema, dict):
            self.steps.append((depth, schema))


def _resolved(reference: str, read: Reader, file: str) -> tuple[Any, str]:
    name, _, pointer = reference.partition("#")
    if name:
        file = name.rsplit("/", 1)[-1]
    schema: Any = read(file)
    for part in pointer.split("/")[1:]:
        schema = schema[part.replace("~1", "/").replace("~0", "~")]
    return schema, file
