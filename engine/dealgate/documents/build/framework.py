"""A framework document becomes a checked framework: first its elements and score, then what its conditions say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from dealgate.model.condition import Condition, FrameworkIs, walk
from dealgate.model.diagnostics import Diagnostic, Severity
from dealgate.model.framework import METHODS, Band, Disqualifier, Element, Framework, Score

from ..conditions import Scope, check_condition
from ..conditions.raw import refuse
from ..nodes import Node
from .loops import report_loops
from .reader import Reader
from .suits import build_suits
from .unique import Ids


def build_framework(node: Node, scope: Scope, diagnostics: list[Diagnostic]) -> Framework | None:
    """One framework; None where it does not hold. Its conditions may speak of the frameworks of ``scope``."""
    return build_frameworks({"": node}, scope, diagnostics).get("")


def build_frameworks(nodes: Mapping[str, Node], scope: Scope, diagnostics: list[Diagnostic]) -> dict[str, Framework]:
    """Frameworks by id, which may speak of each other; those that do not hold are left out."""
    bare: dict[str, Framework] = {}
    good: dict[str, Framework] = {}
    sound: set[str] = set()
    for key, node in nodes.items():
        size = _errors(diagnostics)
        bare[key] = _bare(node, diagnostics)
        if _errors(diagnostics) == size:
            sound.add(key)
    known = {**scope.frameworks, **{f.id: f for f in bare.values()}}
    for key, node in nodes.items():
        size = _errors(diagnostics)
        whole = _conditions(node, bare[key], replace(scope, frameworks=known), diagnostics)
        if key in sound and _errors(diagnostics) == size:
            good[key] = whole
    return _without_loops(good, diagnostics)


def _errors(diagnostics: list[Diagnostic]) -> int:
    return sum(d.severity is Severity.ERROR for d in diagnostics)


def _without_loops(frameworks: dict[str, Framework], wrong: list[Diagnostic]) -> dict[str, Framework]:
    """A status may not rest on itself, by way of other frameworks or not."""
    leans = {f.id: (_statuses(f), f.at) for f in frameworks.values()}
    looped = report_loops("frameworks", leans, wrong)
    return {key: f for key, f in frameworks.items() if f.id not in looped}


def _statuses(framework: Framework) -> list[str]:
    conditions: list[Condition] = [d.when for d in framework.disqualify]
    if framework.qualified_when is not None:
        conditions.append(framework.qualified_when)
    return [n.framework for c in conditions for n in walk(c) if isinstance(n, FrameworkIs)]


def _bare(node: Node, wrong: list[Diagnostic]) -> Framework:
    reader = Reader(node, wrong)
    ids = Ids("element", wrong)
    scale = reader.word("scale", ("proof", "concern"), "proof")
    levels = reader.texts("levels")
    elements = tuple(_element(item, wrong) for item in reader.items("elements") if ids.new(item))
    for key, found in (("levels", levels), ("elements", elements)):
        if not found:
            reader.expect(reader.get(key) or node, f"a list of {key}")
    framework = Framework(
        reader.text("id"),
        reader.text("title", reader.text("id")),
        reader.text("version"),
        scale,
        levels,
        elements,
        None,
        description=reader.text("description"),
        suits=build_suits(reader),
        at=reader.where,
    )
    held = reader.get("score")
    return framework if held is None else framework.replace(score=_score(held, framework, wrong))


def _element(node: Node, wrong: list[Diagnostic]) -> Element:
    reader = Reader(node, wrong)
    name = reader.text("id")
    weight = reader.number("weight")
    return Element(
        name,
        reader.text("title", name),
        question=reader.text("question"),
        proof=reader.text("proof"),
        due=reader.text("due") or None,
        max_age=reader.duration("max_age"),
        pitfall=reader.text("pitfall"),
        weight=Decimal(1) if weight is None else weight,
        at=reader.where,
    )


def _score(node: Node, framework: Framework, wrong: list[Diagnostic]) -> Score:
    reader = Reader(node, wrong)
    method = reader.word("method", METHODS, METHODS[0])
    level = reader.number("level")
    ids = Ids("band", wrong)

    def check() -> None:
        at = reader.get("level")
        if level is not None and at is not None and not framework.lowest <= level <= framework.highest:
            message = f"{framework.title} has levels {framework.lowest} to {framework.highest}, and not {level}."
            refuse("DG239", message, at)
        if method == "weighted" and not sum(e.weight for e in framework.elements):
            refuse("DG239", "No element has a weight, so there is nothing to weigh.", reader.get("method") or node)

    reader.take(None, check)
    bands = tuple(_band(item, wrong) for item in reader.items("bands") if ids.new(item))
    direction = reader.word("direction", ("higher", "lower"), "higher")
    for band, item in zip(bands, reader.items("bands"), strict=False):
        bound = band.at_least if direction == "higher" else band.at_most
        if bound is None:
            key = "at_least" if direction == "higher" else "at_most"
            message = f"Where {direction} is better, the band `{band.id}` needs `{key}`."
            reader.report("DG239", message, item)
    return Score(
        method,
        level=int(level) if level is not None else min(2, framework.highest),
        pass_mark=reader.number("pass"),
        direction=direction,
        bands=bands,
    )


def _band(node: Node, wrong: list[Diagnostic]) -> Band:
    reader = Reader(node, wrong)
    return Band(reader.text("id"), reader.number("at_least"), reader.number("at_most"))


def _conditions(node: Node, framework: Framework, scope: Scope, wrong: list[Diagnostic]) -> Framework:
    reader = Reader(node, wrong)
    own = replace(scope, self_framework=framework, collection=None, named={}, opened=[])
    held = reader.get("qualified_when")
    qualified = None if held is None else check_condition(held, own, wrong)
    ids = Ids("disqualifier", wrong)
    found = []
    for item in reader.items("disqualify"):
        inner = Reader(item, wrong)
        when = inner.get("when")
        fresh = ids.new(item)
        if when is None:
            inner.expect(item, "`when:` with a condition")
            continue
        condition = check_condition(when, own, wrong)
        then = inner.word("then", ("disqualified", "nurture"), "disqualified")
        if condition is not None and fresh:
            name = inner.text("id")
            found.append(Disqualifier(name, inner.text("title", name), condition, then, inner.where))
    return framework.replace(qualified_when=qualified, disqualify=tuple(found))
