"""A process's stages: settings, promised times, and where their criteria stand."""

from __future__ import annotations

from typing import NamedTuple

from dealgate.model.diagnostics import Diagnostic
from dealgate.model.operators import DATES
from dealgate.model.process import CATEGORIES, Criterion, Sla, Stage

from ..conditions import Scope, check_condition
from ..conditions.raw import did_you_mean, refuse, text
from ..nodes import Node
from .criterion import Draft, captured, drafts
from .reader import Reader
from .unique import Ids


class StageDraft(NamedTuple):
    """A stage whose criteria have ids and are not checked yet."""

    id: str
    reader: Reader
    enter: tuple[Draft, ...]
    exit: tuple[Draft, ...]


def stage_drafts(node: Reader) -> list[StageDraft]:
    """The stages in order; an id that stands twice is reported."""
    wrong = node.wrong
    stage_ids = Ids("stage", wrong)
    found = []
    for item in node.items("stages"):
        if not stage_ids.new(item):
            continue
        reader = Reader(item, wrong)
        name = reader.text("id")
        ids = Ids(f"criterion of {name}", wrong)
        asked = captured(reader.items("capture"), name, ids)
        enter = drafts(reader.items("enter"), "enter", name, ids)
        leave = drafts(reader.items("exit"), "exit", name, ids)
        found.append(StageDraft(name, reader, tuple(enter), (*asked, *leave)))
    if not found and node.node is not None:
        at = node.get("stages") or node.node
        node.expect(at, "a list of stages")
    return found


def build_stage(
    draft: StageDraft,
    enter: tuple[Criterion, ...],
    leave: tuple[Criterion, ...],
    scope: Scope,
    stages: tuple[str, ...],
) -> Stage:
    """The stage with its checked criteria."""
    reader = draft.reader
    after = _after(reader, stages)
    return Stage(
        draft.id,
        reader.text("title", draft.id.replace("-", " ").capitalize()),
        objective=reader.text("objective"),
        owner=reader.text("owner"),
        max_age=reader.duration("max_age"),
        category=reader.word("category", CATEGORIES, "closed" if after == "won" else "pipeline"),
        probability=reader.percent("probability"),
        after=after,
        enter=enter,
        exit=leave,
        slas=build_slas(reader, scope, stages),
        health=reader.texts("health"),
        coaching=reader.texts("coaching"),
        failure_patterns=reader.texts("failure_patterns"),
        at=reader.where,
    )


def _after(reader: Reader, stages: tuple[str, ...]) -> str | None:
    """``won``, or None; the id of a stage only said where an overlay puts this one."""
    node = reader.get("after")
    word = reader.text("after")
    if node is None or word == "won":
        return word or None
    if word not in stages:
        message = f"`after` says `won` for a stage of won deals, not `{word}`."
        reader.report("DG230", message, node, did_you_mean(word, ["won", *stages]))
    return None


def build_slas(reader: Reader, scope: Scope, stages: tuple[str, ...]) -> tuple[Sla, ...]:
    """The promised times of a stage."""
    ids = Ids("promised time", reader.wrong)
    found = (build_sla(item, scope, stages, reader.wrong, ids) for item in reader.items("slas"))
    return tuple(sla for sla in found if sla is not None)


def build_sla(
    node: Node,
    scope: Scope,
    stages: tuple[str, ...],
    wrong: list[Diagnostic],
    ids: Ids,
    name: str = "",
) -> Sla | None:
    """One promised time; None where something in it does not hold."""
    reader, size = Reader(node, wrong), len(wrong)
    start, end = (reader.take("", _edge, reader, key, node, scope, stages) for key in ("from", "to"))
    within = reader.duration("within")
    if reader.get("within") is None:
        reader.expect(node, "`within:` with a duration")
    named = reader.text("id") or name or end.replace("_", "-").replace(".", "-")
    if named:
        ids.add(named, reader.get("id") or node)
    applies = reader.get("applies_when")
    applies_when = None if applies is None else check_condition(applies, scope, wrong)
    if len(wrong) > size or within is None or (applies is not None and applies_when is None):
        return None
    return Sla(named, start, end, within, applies_when, reader.text("title"))


def _edge(reader: Reader, key: str, node: Node, scope: Scope, stages: tuple[str, ...]) -> str:
    at = reader.get(key)
    word = text(at, f"`{key}:` with a field, or left.STAGE", node)
    at = at or node
    if word.startswith("left."):
        stage = word[5:]
        if stage not in stages:
            refuse("DG230", f"There is no stage `{stage}`.", at, did_you_mean(word, [f"left.{s}" for s in stages]))
        return word
    field = scope.catalogue.deal.get(word)
    if field is None:
        near = did_you_mean(word, [f.id for f in scope.catalogue.deal.values() if f.type in DATES])
        refuse("DG201", f"There is no field `{word}`.", at, near)
    if field.type not in DATES:
        refuse("DG206", f"A promised time runs between dates, and `{word}` is none.", at)
    return word
