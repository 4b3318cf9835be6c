"""Column types of databases, read from their names: which family a type is of, and how exact."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Family = Literal[
    "whole", "decimal", "numeric", "float", "text", "boolean", "date", "moment", "instant", "uuid", "other"
]


@dataclass(frozen=True, slots=True)
class Kind:
    """A column's type. ``decimal`` has ``digits`` and ``scale``; ``numeric`` does not say how many.

    ``moment`` is a time without a zone, ``instant`` one with it. ``told`` is the type's own name.
    """

    family: Family
    told: str
    digits: int = 0
    scale: int = 0


_NAMES: dict[str, Family] = {
    **dict.fromkeys(
        "tinyint smallint integer int int2 int4 int8 bigint hugeint long short byte mediumint utinyint usmallint "
        "uinteger ubigint uhugeint int32 int64".split(),
        "whole",
    ),
    **dict.fromkeys(("double", "double precision", "real", "float", "float4", "float8"), "float"),
    **dict.fromkeys(("text", "varchar", "character varying", "string", "char", "character", "bpchar", "enum"), "text"),
    **dict.fromkeys(("boolean", "bool"), "boolean"),
    "date": "date",
    **dict.fromkeys(("timestamp without time zone", "timestamp_ntz", "datetime"), "moment"),
    **dict.fromkeys(("timestamp with time zone", "timestamptz", "timestamp_ltz"), "instant"),
    "uuid": "uuid",
}  # fmt: skip
_SIZED = re.compile(r"(decimal|numeric)\s*\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)")


def kind_of(told: str, dialect: str) -> Kind:
    """The type of that name in a dialect."""
    name = told.strip().lower()
    sized = _SIZED.fullmatch(name)
    if sized is not None:
        digits, scale = int(sized[2]), int(sized[3] or 0)
        return Kind("decimal" if scale else "whole", told, digits, scale)
    name = re.sub(r"\s*\(.*?\)", "", name)
    if name in ("numeric", "decimal"):
        return Kind("numeric", told)
    if name == "timestamp":  # Spark's own is of one instant
        return Kind("instant" if dialect == "spark" else "moment", told)
    return Kind(_NAMES.get(name, "other"), told)
