"""What a condition may speak of: fields, parameters, named conditions, frameworks, evidence types and criteria."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from dealgate.model.condition import Condition, Ref
from dealgate.model.diagnostics import Diagnostic
from dealgate.model.fields import Catalogue, Field
from dealgate.model.fields import Collection as Records
from dealgate.model.framework import Framework

from ..nodes import Map, Node
from .raw import Wrong, did_you_mean, refuse, text

if TYPE_CHECKING:
    from .groups import Inspecting


class Param(NamedTuple):
    """A parameter as written: its type (None where it names none), default and values by a choice field."""

    name: str
    title: str
    type: str | None
    default: Node | None
    by: Field | None = None
    values: tuple[tuple[str, Node], ...] = ()
    broken: bool = False
    """Its own value was refused already; who uses it says nothing more."""


@dataclass(slots=True, eq=False, repr=False)
class Scope:
    """What a condition may speak of. ``collection`` is set inside a ``where``, whose names are the child's."""

    catalogue: Catalogue
    currency: str = "USD"
    params: Mapping[str, Param] = field(default_factory=dict)
    conditions: Mapping[str, Node] = field(default_factory=dict)
    frameworks: Mapping[str, Framework] = field(default_factory=dict)
    unused_frameworks: Collection[str] = ()
    """Frameworks that exist but that the process does not use: for the suggestion."""
    evidence_types: Collection[str] = ()
    criteria: Collection[str] = ()
    self_framework: Framework | None = None
    collection: Records | None = None
    named: dict[str, Condition | None] = field(default_factory=dict)
    """Named conditions checked so far; shared by every scope made from this one."""
    inspecting: Inspecting | None = None
    """Set in the rules of an inspection."""
    opened: list[str] = field(default_factory=list)
    """Named conditions being checked, outermost first."""

    def inside(self, collection: Records) -> Scope:
        """The scope of a ``where`` over a collection."""
        return replace(self, collection=collection)

    @property
    def outside(self) -> Scope:
        """The deal's own scope."""
        return replace(self, collection=None)

    def ref(self, node: Node | None, at: Node) -> Ref:
        """The field a node names. Raises Wrong."""
        name = text(node, "the id of a field", at)
        node = node or at
        if self.collection is None:
            found = self.catalogue.deal.get(name)
            if found is not None:
                return Ref(found)
            collection, _, rest = name.partition(".")
            if collection == "deal" and rest in self.catalogue.deal:
                refuse("DG201", "`deal.` is only written inside a `where`.", node, f"write `{rest}`")
            records = self.catalogue.collections.get(collection)
            if records is not None:
                how = f"{{some: {collection}, where: {{field: {rest or 'FIELD'}, …}}}}"
                refuse("DG201", f"`{name}` belongs to the records of `{collection}`.", node, f"write `{how}`")
            refuse("DG201", f"There is no field `{name}`.", node, did_you_mean(name, self.catalogue.deal))
        if name.startswith("deal."):
            outer = self.catalogue.deal.get(name[5:])
            if outer is not None:
                return Ref(outer)
            near = did_you_mean(name, [f"deal.{key}" for key in self.catalogue.deal])
            refuse("DG201", f"There is no field `{name[5:]}` of the deal.", node, near)
        child = self.collection.fields.get(name)
        if child is None:
            hint = did_you_mean(name, self.collection.fields)
            if name in self.catalogue.deal:
                hint = f"write `deal.{name}` for the deal's own field"
            refuse("DG201", f"A {self.collection.singular} has no field `{name}`.", node, hint)
        return Ref(child, child=True)

    def param(self, node: Map) -> Param:
        """The parameter that ``{param: x}`` names. Raises Wrong."""
        named = node.items.get("param")
        name = text(named, "the name of a parameter", node)
        found = self.params.get(name)
        if found is None:
            refuse("DG210", f"There is no parameter `{name}`.", named or node, did_you_mean(name, self.params))
        if found.broken:
            raise Wrong
        return found


Check = Callable[[Node, Scope, list[Diagnostic]], Condition | None]
"""``check_condition``, handed to the kinds of tests that hold conditions."""
