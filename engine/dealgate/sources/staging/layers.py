"""A query in steps: what several values need is worked out once, under a name, in the step before theirs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from sqlglot import exp

from .speech import E, column


class Names:
    """Names that differ from each other whatever their case, of letters that every dialect takes."""

    def __init__(self) -> None:
        """None given yet."""
        self._taken: set[str] = set()

    def new(self, wanted: str) -> str:
        """A name like the one wanted."""
        plain = "".join(c if c.isascii() and (c.isalnum() or c == "_") else "_" for c in wanted) or "column"
        chosen, number = plain, 1
        while chosen.casefold() in self._taken:
            number += 1
            chosen = f"{plain}_{number}"
        self._taken.add(chosen.casefold())
        return chosen


class Layers:
    """Steps over a first query. A value's step is the first after those of everything that it reads."""

    def __init__(self, name: str, base: Callable[[], list[tuple[str, exp.Query]]]) -> None:
        """``name`` begins the steps' names; ``base`` gives the first queries by name when all cells are known."""
        self.name, self._base, self.names = name, base, Names()
        self._steps: list[dict[str, E]] = []
        self._depth: dict[str, int] = {}
        self._known: dict[E, str] = {}

    def cell(self, wanted: str) -> str:
        """A name for a column of the first query."""
        name = self.names.new(wanted)
        self._depth[name] = 0
        return name

    def let(self, wanted: str, value: E) -> exp.Column:
        """The value under a name near the one wanted; the same value has one name. A column stays itself."""
        if isinstance(value, exp.Column):
            return value
        if value not in self._known:
            read = (one.name for one in value.find_all(exp.Column) if not one.table)
            depth = max((self._depth.get(one, 0) for one in read), default=0)
            name = self.names.new(wanted)
            while len(self._steps) <= depth:
                self._steps.append({})
            self._steps[depth][name] = value.copy()
            self._depth[name] = depth + 1
            self._known[value] = name
        return column(self._known[value])

    def queries(self) -> list[tuple[str, exp.Query]]:
        """The steps by name, the first queries before them."""
        found = self._base()
        before = found[-1][0]
        for number, step in enumerate(self._steps, 1):
            query = exp.select(exp.Star()).from_(table(before))
            for name, value in step.items():
                query = query.select(named(value, name), copy=False)
            before = f"{self.name}_step_{number}"
            found.append((before, query))
        return found

    def select(self, values: Mapping[str, E], last: str) -> exp.Select:
        """The values under their names, over the step ``last``."""
        return exp.select(*(named(value, name) for name, value in values.items())).from_(table(last))


def named(value: E, name: str) -> E:
    """A value under a name, quoted."""
    if isinstance(value, exp.Column) and not value.table and value.name == name:
        return value.copy()
    return exp.alias_(value.copy(), name, quoted=True)


def table(name: str, alias: str | None = None) -> exp.Table:
    """A table or step, its name quoted."""
    found = exp.Table(this=exp.to_identifier(name, quoted=True))
    return under(found, alias) if alias else found


def under(found: exp.Table, alias: str) -> exp.Table:
    """A table under another name."""
    found = found.copy()
    found.set("alias", exp.TableAlias(this=exp.to_identifier(alias, quoted=True)))
    return found


def with_steps(query: exp.Query, steps: Iterable[tuple[str, exp.Query]]) -> exp.Query:
    """The query with its steps before it."""
    for name, step in steps:
        query = query.with_(exp.to_identifier(name, quoted=True), as_=step, copy=False)
    return query
