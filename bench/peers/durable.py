"""durable-rules: a rule for each of the forty criteria; the deal is asserted as a fact, and retracted after.

It needs guards. Nulls are left out, because a null counts as existing; and a comparison is guarded by existence,
because a missing right operand matches. Every rule asks for the fact's type, because the session's own state is a
message as well. Each deal has a session of its own, deleted after, because 1,024 are too many. An ``$or`` fires once
for each branch that holds, so that a rule may be told more than once.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

from ..criteria import CRITERIA, Arithmetic, Compare, Const, Contacts, Day, Field, Term
from ..lowered import And, IsNull, Lowered, Member, Number, Or, is_true
from ..workload import AS_OF, Row

NAME = "durable-rules, assert and retract"
NEEDS = "durable"

_NAMES = {">=": "$gte", "<=": "$lte", ">": "$gt", "<": "$lt", "!=": "$neq", "*": "$mul", "-": "$sub"}
_sets = count()


def prepare() -> Callable[[Row], list[bool]]:
    """The ruleset, registered once under a name of its own: one cannot be replaced."""
    from durable.engine import Host, MessageNotHandledException

    class Quiet(Host):  # type: ignore[misc]
        """Without the threads that look for timers and for what other processes left: here is neither."""

        def _run(self) -> None:
            return

    fired: set[int] = set()
    rules = {f"r{n}": _rule(is_true(k), _notes(fired, n)) for n, k in enumerate(CRITERIA.values())}
    name = f"bench{next(_sets)}"
    host = Quiet({name: rules})
    sessions = count()

    def judge(row: Row) -> list[bool]:
        session = str(next(sessions))
        fact = {k: v for k, v in row.items() if v is not None}
        fact |= {"id": session, "sid": session, "kind": "deal"}
        fired.clear()
        try:
            state = host.assert_fact(name, fact)
            if state and "exception" in state:
                # an exception inside an action would be lost in the state
                raise RuntimeError(state["exception"])
            host.retract_fact(name, fact)
        except MessageNotHandledException:
            pass  # no rule matched
        finally:
            host.delete_state(name, session)
        return [n in fired for n in range(len(CRITERIA))]

    return judge


def _notes(fired: set[int], number: int) -> Callable[[Any], None]:
    def fires(_context: Any) -> None:
        fired.add(number)

    return fires


def _rule(node: Lowered, run: Callable[[Any], None]) -> dict[str, Any]:
    parts = node.parts if isinstance(node, And) else (node,)
    return {"all": [{"m": {"$and": [{"kind": "deal"}, *map(_spelled, parts)]}}], "run": run}


def _term(term: Term) -> Any:
    match term:
        case Field(name):
            return {"$m": name}
        case Const(value):
            return value
        case Day(offset):
            return AS_OF + offset
        case Arithmetic(sign, left, right):
            return {_NAMES[sign]: {"$l": _term(left), "$r": _term(right)}}


def _compare(sign: str, left: Term, right: Term) -> dict[str, Any]:
    if isinstance(left, Arithmetic) and left.sign == "-":
        # only a field may stand on the left: a - b <= c is a <= b + c
        assert isinstance(left.left, Field)
        return {_NAMES[sign]: {left.left.name: {"$add": {"$l": _term(left.right), "$r": _term(right)}}}}
    assert isinstance(left, Field)
    return {left.name: _term(right)} if sign == "==" else {_NAMES[sign]: {left.name: _term(right)}}


def _spelled(node: Lowered) -> dict[str, Any]:
    match node:
        case IsNull(name, null):
            return {"$nex" if null else "$ex": {name: 1}}
        case Compare(sign, left, right):
            return _compare(sign, left, right)
        case Member(name, words, True):
            return {"$or": [{name: word} for word in words]}
        case Member(name, words, False):
            return {"$and": [{"$neq": {name: word}} for word in words]}
        case And(parts):
            return {"$and": [_spelled(p) for p in parts]}
        case Or(parts):
            return {"$or": [_spelled(p) for p in parts]}
    assert isinstance(node, Number)
    return _any_contact(node.count, node.reached)


def _any_contact(wanted: Contacts, reached: bool) -> dict[str, Any]:
    if wanted.at_least != 1 or not reached:
        raise NotImplementedError("it has a word for any item, and none for a number of them")
    match = [{f"$i.{k}": v} for k, v in wanted.match]
    return {"$iany": {"contacts": match[0] if len(match) == 1 else {"$and": match}}}
