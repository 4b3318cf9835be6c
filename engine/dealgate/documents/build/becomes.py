"""Stages that a process has no more, and where their deals are: ``replaces`` of a stage, ``becomes`` of a process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from dealgate.model.condition import CriterionRef, Ref
from dealgate.model.diagnostics import Diagnostic, Where
from dealgate.model.process import Becomes, Criterion
from dealgate.model.struct import Struct

from ..conditions import Scope, check_condition
from ..conditions.raw import did_you_mean, listed, text
from ..nodes import Map, Node, Scalar, Seq
from .reader import Reader
from .stages import StageDraft


class Way(NamedTuple):
    """One entry as written; ``at`` is the stage's name, ``when`` the condition that is not checked yet."""

    stage: str
    at: Node
    when: Node | None = None


class Former(NamedTuple):
    """A stage that is no more: the place that says so, and its ways on."""

    at: Where
    ways: tuple[Way, ...]


def former_stages(reader: Reader, staged: Sequence[StageDraft]) -> dict[str, Former]:
    """The stages that are no more, by id; what is said twice, of a stage that is there or leads nowhere is reported."""
    stages = [one.id for one in staged]
    found: dict[str, Former] = {}
    for one in staged:
        for node in one.reader.items("replaces"):
            name = reader.take("", text, node, "the id of a stage", node)
            target = one.reader.get("id")
            if name and target is not None and _fits(reader, name, node, node.where, found, stages):
                found[name] = Former(node.where, (Way(one.id, node),))
    told = reader.get("becomes")
    for name, node in reader.entries("becomes"):
        at = told.key_where(name) if isinstance(told, Map) else node.where
        if _fits(reader, name, _key(name, at), at, found, stages):
            found[name] = Former(at, _ways(reader, node))
    for name, former in list(found.items()):
        _leads(reader, name, former, found, stages)
    _no_circle(reader, found)
    return found


def build_becomes(
    formers: Mapping[str, Former], scope: Scope, wrong: list[Diagnostic]
) -> dict[str, tuple[Becomes, ...]]:
    """The checked entries; a condition that reads the stage it is to decide is reported."""
    made = {}
    for name, former in formers.items():
        ways = []
        for way in former.ways:
            when = None if way.when is None else check_condition(way.when, scope, wrong)
            if way.when is not None and when is not None and (what := _circular(when)):
                message = f"`when` reads {what}, and decides in which stage a deal of `{name}` is."
                hint = "ask for what the deal is: its fields, contacts, evidence"
                Reader(None, wrong).report("DG455", message, way.when, hint)
            ways.append(Becomes(way.stage, when, way.at.where))
        made[name] = tuple(ways)
    return made


def check_replaced(criteria: Sequence[Criterion], nodes: Mapping[str, Node], wrong: list[Diagnostic]) -> None:
    """A criterion replaces one that is no more, and no two replace the same one."""
    there = {k.id for k in criteria}
    taken: dict[str, str] = {}
    reader = Reader(None, wrong)
    for criterion in criteria:
        old, node = criterion.replaces, nodes.get(criterion.id)
        if old is None or node is None:
            continue
        if old in there:
            message = f"`{criterion.id}` replaces `{old}`, which the process still has."
            reader.report("DG457", message, node, "name the id it had before, or take the line out")
        elif old in taken:
            message = f"`{criterion.id}` replaces `{old}`, which `{taken[old]}` replaces already."
            reader.report("DG457", message, node, "let one of them replace it")
        taken.setdefault(old, criterion.id)


def _key(name: str, at: Where) -> Scalar:
    return Scalar(name, True, at.line, at.column, at.file)


def _fits(reader: Reader, name: str, node: Node, at: Where, found: Mapping[str, Former], stages: Sequence[str]) -> bool:
    if name in stages:
        message = f"The process still has the stage `{name}`, so its deals stay there."
        reader.report("DG450", message, node, "name a stage that is no more, or take it out")
        return False
    if name in found:
        first = found[name].at
        message = f"What becomes of deals in `{name}` is said twice; the first stands at line {first.line}."
        reader.report("DG451", message, node, "keep one of them")
        return False
    return True


def _ways(reader: Reader, node: Node) -> tuple[Way, ...]:
    if isinstance(node, Scalar):
        return (Way(node.text, node),)
    if not isinstance(node, Seq) or not node.items:
        reader.expect(node, "a stage, or a list of {stage, when}")
        return ()
    found: list[Way] = []
    for item in node.items:
        inner = Reader(item, reader.wrong)
        named = inner.get("stage")
        name = reader.take("", text, named, "`stage:` with the id of a stage", item)
        if found and found[-1].when is None:
            message = "No deal comes to this entry: the one before it takes every deal."
            reader.report("DG454", message, named or item, "put the entry without `when` last")
            break
        if name and named is not None:
            found.append(Way(name, named, inner.get("when")))
    return tuple(found)


def _leads(reader: Reader, name: str, former: Former, found: Mapping[str, Former], stages: Sequence[str]) -> None:
    for way in former.ways:
        if way.stage not in stages and way.stage not in found:
            message = f"Deals in `{name}` cannot become `{way.stage}`: the process has no such stage."
            hint = did_you_mean(way.stage, stages) or f"it has {listed(stages)}"
            reader.report("DG452", message, way.at, hint)


def _no_circle(reader: Reader, found: dict[str, Former]) -> None:
    """Stages that lead to each other and to no stage of the process: reported once, and left out."""
    for name in list(found):
        path = [name]
        circle = _circle(name, found, path)
        if circle:
            message = f"These stages become each other: {' → '.join(circle)}."
            way = found[circle[-2]].ways[0]
            reader.report("DG453", message, way.at, "let one of them become a stage that the process has")
            for one in circle[:-1]:
                del found[one]


def _circle(name: str, found: Mapping[str, Former], path: list[str]) -> list[str]:
    for way in found[name].ways if name in found else ():
        if way.stage in path:
            return [*path[path.index(way.stage) :], way.stage]
        deeper = _circle(way.stage, found, [*path, way.stage])
        if deeper:
            return deeper
    return []


def _circular(held: object) -> str:
    """What a condition reads that rests on the stage; empty where nothing does."""
    return next(_rests_on_stage(held), "")


def _rests_on_stage(held: object) -> Iterator[str]:
    if isinstance(held, CriterionRef):
        yield "a criterion, which is judged in a stage"
    elif isinstance(held, Ref):
        if held.name == "stage":
            yield "`stage`"
    elif isinstance(held, Struct):
        if getattr(held, "collection", "") == "visits":
            yield "`visits`"
        for name in held._names:
            if name != "at":
                yield from _rests_on_stage(getattr(held, name))
    elif isinstance(held, (tuple, list)):
        for item in held:
            yield from _rests_on_stage(item)
