"""The frameworks a process uses, their elements' due stages bound to its own."""

from __future__ import annotations

from collections.abc import Mapping

from dealgate.model.framework import Element, Framework

from ..conditions.raw import did_you_mean, refuse, refuse_key, text
from ..nodes import Map, Node
from .reader import Reader


def used_frameworks(
    reader: Reader, frameworks: Mapping[str, Framework], stages: tuple[str, ...]
) -> dict[str, Framework]:
    """The frameworks under ``use``, by id. A due stage that this process lacks is no due date here.

    Where one of them is not there, the others that exist count as used too, so that the mistake is told once.
    """
    found: dict[str, Framework] = {}
    for item in reader.inner("use").items("frameworks"):
        framework = reader.take(None, _named, item, frameworks)
        if framework is None:
            found = {**frameworks, **found}
        else:
            due = Reader(item, reader.wrong).inner("due") if isinstance(item, Map) else Reader(None, reader.wrong)
            found[framework.id] = _bound(framework, due, stages)
    return found


def _named(node: Node, frameworks: Mapping[str, Framework]) -> Framework:
    named = node.items.get("id") if isinstance(node, Map) else node
    name = text(named, "the id of a framework", node).partition("@")[0]
    found = frameworks.get(name)
    if found is None:
        refuse("DG218", f"There is no framework `{name}`.", named or node, did_you_mean(name, frameworks))
    return found


def _bound(framework: Framework, due: Reader, stages: tuple[str, ...]) -> Framework:
    anew: dict[str, str] = {}
    held = due.node
    for element, node in ((k, due.get(k)) for k in (held.items if isinstance(held, Map) else ())):

        def read(element: str = element, node: Node | None = node) -> str:
            assert isinstance(held, Map)
            if framework.element(element) is None:
                near = did_you_mean(element, [e.id for e in framework.elements])
                refuse_key("DG219", f"{framework.title} has no element `{element}`.", held, element, near)
            stage = text(node, "the id of a stage", held)
            if stage not in stages:
                refuse("DG230", f"There is no stage `{stage}`.", node or held, did_you_mean(stage, stages))
            return stage

        stage = due.take("", read)
        if stage:
            anew[element] = stage

    def with_due(element: Element) -> Element:
        stage = anew.get(element.id, element.due)
        return element.replace(due=stage if stage in stages else None)

    return framework.replace(elements=tuple(with_due(e) for e in framework.elements))
