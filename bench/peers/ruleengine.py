"""rule-engine: a rule for each of the forty criteria."""

from __future__ import annotations

from collections.abc import Callable

from ..criteria import Contacts
from ..spelled import Dialect, quoted
from ..workload import Row

NAME = "rule-engine, 40 rules"
NEEDS = "rule_engine"


def prepare() -> Callable[[Row], list[bool]]:
    """The rules, parsed once."""
    import rule_engine

    context = rule_engine.Context(resolver=rule_engine.resolve_item)
    matches = [rule_engine.Rule(text, context=context).matches for text in DIALECT.criteria()]

    def judge(row: Row) -> list[bool]:
        return [match(row) for match in matches]

    return judge


def _count(count: Contacts) -> str:
    matches = " and ".join(f"c_[{quoted(k)}] == {quoted(v)}" for k, v in count.match)
    return f"[c_ for c_ in contacts if {matches}].length"


DIALECT = Dialect("and", "or", _count, not_in="not ({name} in {words})")
