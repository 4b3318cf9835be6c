"""The checks as one statement to print: what it is of in comments, then the query or what creates it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dealgate.model.calendar import Moment

if TYPE_CHECKING:
    from dealgate.sources.mapping.model import SourceMapping

    from .pushed import Pushed


def heading(pushed: Pushed, digest: str, moment: Moment, mapping: SourceMapping | None) -> list[str]:
    """What the SQL is of, line by line."""
    process = pushed.process
    source = "ready staging tables" if mapping is None else f"the raw tables of the mapping {mapping.id}"
    return [
        f"{process.title}: {process.id} {process.version}, {digest}",
        f"over {source}, as of {moment.as_of.isoformat(timespec='seconds')}, for {pushed.dialect}",
    ]


def statement(
    pushed: Pushed, digest: str, moment: Moment, mapping: SourceMapping | None, create: tuple[str, str] | None
) -> str:
    """The query with its heading; with ``create`` ("view" or "table", name) the statement that makes it."""
    from sqlglot import exp

    query: exp.Expr = pushed.whole()
    if create is not None:
        kind, name = create
        parts = [exp.to_identifier(part, quoted=True) for part in name.split(".")]
        catalogue, schema = [None, None, *parts[:-1]][-2:]
        made = exp.Table(this=parts[-1], db=schema, catalog=catalogue)
        query = exp.Create(this=made, kind=kind.upper(), expression=query)
    lines = [f"-- {' '.join(line.split())}" for line in heading(pushed, digest, moment, mapping)]
    return "\n".join([*lines, pushed.sql(query) + ";"])
