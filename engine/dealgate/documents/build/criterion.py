"""Criteria: those that are written, and those that ``capture`` brings."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from dealgate.model.condition import All, Condition, Literal, Ref, Test
from dealgate.model.diagnostics import Where, error
from dealgate.model.operators import OPERATORS
from dealgate.model.process import ENFORCE, Criterion

from ..conditions import Scope, check_condition
from ..conditions.raw import Wrong, did_you_mean, text
from ..nodes import Map, Node
from .reader import Reader
from .unique import Ids

IN_FLIGHT = ("grandfather", "next_move", "immediate")


class Draft(NamedTuple):
    """A criterion whose id is known and whose conditions are not checked yet."""

    id: str
    part: str
    stage: str | None
    reader: Reader
    at: Where
    field: str | None = None
    """The field that a ``capture`` asks for."""


def drafts(nodes: Iterable[Node], part: str, stage: str | None, ids: Ids) -> list[Draft]:
    """The criteria of one list, by qualified id; an id that stands twice is reported."""
    found = []
    for node in nodes:
        reader = Reader(node, ids.wrong)
        named = reader.get("id")
        name = reader.take("", text, named, "the id of a criterion", node)
        if name and ids.add(name, named or node):
            found.append(Draft(f"{stage or part}.{name}", part, stage, reader, node.where))
    return found


def captured(nodes: Iterable[Node], place: str, ids: Ids, part: str = "capture") -> list[Draft]:
    """The criteria that a list of fields brings: ``STAGE.has-FIELD``, or for a recycled lead ``recycle.has-FIELD``."""
    found = []
    for node in nodes:
        named = node.items.get("field") if isinstance(node, Map) else node
        reader = Reader(node if isinstance(node, Map) else None, ids.wrong)
        name = reader.take("", text, named, "the id of a field", node)
        local = f"has-{name.replace('_', '-').replace('.', '-')}"
        if name and named is not None and ids.add(local, named):
            stage = place if part == "capture" else None
            found.append(Draft(f"{place}.{local}", part, stage, reader, named.where, name))
    return found


def build_criterion(draft: Draft, scope: Scope) -> Criterion | None:
    """The checked criterion; None where its conditions do not hold, which is reported."""
    reader = draft.reader
    applies = reader.get("applies_when")
    applies_when = None if applies is None else check_condition(applies, scope, reader.wrong)
    if draft.part == "commit":
        applies_when = _when_commit(applies_when, scope)
    check, title, fix = _captured(draft, scope) if draft.field else _written(draft, scope)
    weight = reader.number("weight")
    enforce = reader.word("enforce", ENFORCE, "block")
    in_flight = reader.word("in_flight", IN_FLIGHT, "immediate")
    since = reader.date("since")
    if check is None or (applies is not None and applies_when is None):
        return None
    return Criterion(
        draft.id,
        reader.text("title", title),
        check,
        draft.part,
        stage=draft.stage,
        applies_when=applies_when,
        enforce=enforce,
        stays=reader.flag("stays"),
        proof=reader.text("proof"),
        fix=reader.text("fix", fix),
        coach=reader.text("coach"),
        owner=reader.text("owner"),
        docs=reader.text("docs"),
        weight=Decimal(1) if weight is None else weight,
        tags=reader.texts("tags"),
        replaces=reader.text("replaces") or None,
        since=since,
        in_flight=in_flight,
        at=draft.at,
    )


def _when_commit(applies_when: Condition | None, scope: Scope) -> Condition | None:
    """Commit criteria are judged when the forecast category is commit."""
    category = scope.catalogue.deal.get("forecast_category")
    if category is None:
        return applies_when
    called = Test(Ref(category), OPERATORS["is"], (Literal("commit", "commit"),))
    return called if applies_when is None else All((called, applies_when))


def _written(draft: Draft, scope: Scope) -> tuple[Condition | None, str, str]:
    reader = draft.reader
    held = reader.get("check")
    if held is None and reader.node is not None:
        at = reader.node
        message = f"The criterion `{draft.id}` checks nothing."
        reader.report("DG238", message, at, "add `check:` with a condition")
    check = None if held is None else check_condition(held, scope, reader.wrong)
    return check, draft.id.rpartition(".")[2].replace("-", " ").capitalize(), ""


def _captured(draft: Draft, scope: Scope) -> tuple[Condition | None, str, str]:
    name, wrong = draft.field or "", draft.reader.wrong
    try:
        ref = _capturable(name, scope, draft)
    except Wrong as e:
        wrong += e.diagnostics
        return None, "", ""
    check = Test(ref, OPERATORS["filled"], (Literal(True, True),), at=draft.at)
    return check, f"{ref.field.title} is captured", f"Fill in {ref.field.title}."


def _capturable(name: str, scope: Scope, draft: Draft) -> Ref:
    field = scope.catalogue.deal.get(name)
    if field is None:
        hint = did_you_mean(name, scope.catalogue.deal)
        raise Wrong(error("DG201", f"There is no field `{name}`.", draft.at, hint, len(name)))
    if field.type == "boolean":
        message = f"`{name}` is a checkbox, which is always filled."
        hint = f"write an exit criterion with {{field: {name}, is: true}}"
        raise Wrong(error("DG236", message, draft.at, hint, len(name)))
    return Ref(field)
