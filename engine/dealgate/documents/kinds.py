"""The kinds of documents: one row each. A new kind is one row and its schema."""

from __future__ import annotations

from dealgate.model.struct import Struct


class Kind(Struct):
    """A kind of document. ``folder`` is where shipped ones lie below ``rules/`` ("" is the top itself).

    ``use`` is its key in the ``use`` of a process or workspace. The schema is ``schemas/NAME.schema.json``.
    ``builder`` is what checks the meaning of one by itself, ``module:function`` (imported when needed); without one
    the schema is all there is on this floor.
    """

    name: str
    folder: str
    use: str = ""
    builder: str = ""
    has_id: bool = True
    is_rule: bool = True
    """Whether something is decided by it; a lock holds what is."""

    @property
    def written(self) -> str:
        """As ``kind:`` spells it."""
        return f"{self.name}/v1"


_LOAD = "dealgate.documents.meaning:"
KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("process", "processes", builder=_LOAD + "of_process"),
        Kind("fields", "", "fields", builder=_LOAD + "of_fields"),
        Kind("criteria", "criteria", "criteria"),
        Kind("framework", "frameworks", "frameworks", builder=_LOAD + "of_framework"),
        Kind("inspection", "inspections", "inspections", builder=_LOAD + "of_inspection"),
        Kind("plays", "plays", "plays", builder=_LOAD + "of_plays"),
        Kind("targets", "targets", "targets", builder=_LOAD + "of_targets"),
        Kind("rates", "rates", "rates", builder=_LOAD + "of_rates"),
        Kind("mapping", "mappings", "mappings"),
        Kind("learn", "learn", "learn", builder=_LOAD + "of_learn", is_rule=False),
        Kind("test", "", builder=_LOAD + "of_test", has_id=False),
        Kind("workspace", "", builder=_LOAD + "of_workspace"),
    )
}
