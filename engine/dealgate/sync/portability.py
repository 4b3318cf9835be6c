"""What of a process a CRM can hold by itself, and what dealgate does where it cannot.

It rests on what the adapter declares and on nothing else: no CRM is asked. A criterion is ``native`` where the CRM can
hold all of it, ``partly`` where it can hold some parts that must be true together, ``found`` where dealgate alone sees
it, and ``unseen`` where the adapter reads nothing that would tell: its verdict stays unknown until that comes from
elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from dealgate.model import condition as c
from dealgate.model.process import Criterion, Process
from dealgate.model.struct import Struct, field
from dealgate.ports import HOLDS_MOVES, Capabilities

PLACES = ("native", "partly", "found", "unseen")
STREAM_OF: Mapping[str, tuple[str, ...]] = {
    "contacts": ("deal_contacts", "contacts"), "activities": ("activities",), "line_items": ("line_items",),
}  # fmt: skip
"""The streams of which one has to be read for a collection."""
_WORDS = {"contacts": "contacts", "activities": "activities", "line_items": "line items"}


class CriterionHeld(Struct):
    """Where a criterion stands: ``place`` of PLACES; ``why``: what the CRM lacks, in words, each once."""

    criterion: Criterion
    place: str
    why: tuple[str, ...] = ()


class FieldHeld(Struct):
    """Where a field of the deal that the process reads stands: ``standard`` (mapped already, ``by`` its columns),
    ``custom`` (a custom field of its type), ``text`` (a custom field of text) or ``none``."""

    id: str
    title: str
    type: str
    place: str
    by: tuple[str, ...] = ()


class MoveHeld(Struct):
    """Whether the CRM can forbid a kind of move itself. ``enforce``: how the process has it."""

    move: str
    enforce: str
    native: bool


class Portability(Struct):
    """A process in a CRM. ``does``: what dealgate does about what is not held there, by the adapter's actions."""

    crm: str
    process: Process
    able: Capabilities
    criteria: tuple[CriterionHeld, ...]
    fields: tuple[FieldHeld, ...]
    moves: tuple[MoveHeld, ...]
    does: tuple[str, ...]
    counts: Mapping[str, int] = field(default_factory=dict)


def portability(crm: str, process: Process, able: Capabilities, mapped: Mapping[str, tuple[str, ...]]) -> Portability:
    """``mapped``: the fields of a deal that a mapping finds in the CRM as it comes, each with its columns there."""
    criteria = tuple(_criterion(one, able) for one in _criteria(process))
    counts = {place: sum(one.place == place for one in criteria) for place in PLACES}
    moves = tuple(
        MoveHeld(word, str(getattr(process.moves, word)), word in able.holds.moves) for word in HOLDS_MOVES
    )  # fmt: skip
    return Portability(crm, process, able, criteria, tuple(_fields(process, able, mapped)), moves, _does(able), counts)


def _criteria(process: Process) -> Iterator[Criterion]:
    for stage in process.stages:
        yield from (*stage.enter, *stage.exit)
    yield from (*process.won, *process.lost, *process.commit)
    if process.lead is not None:
        yield from (*process.lead.criteria, *process.lead.recycle)


def _criterion(one: Criterion, able: Capabilities) -> CriterionHeld:
    checks = [one.check] if one.applies_when is None else [one.check, one.applies_when]
    unseen = _once(why for check in checks for why in _unseen(check, able))
    if unseen:
        return CriterionHeld(one, "unseen", unseen)
    if not able.holds.required and not able.holds.operators:
        return CriterionHeld(one, "found")
    lacks = _once(why for check in checks for why in _lacks(check, able))
    if not lacks and one.applies_when is not None and not able.holds.joined:
        lacks = (_UNJOINED,)
    if not lacks:
        return CriterionHeld(one, "native")
    together = _together(one.check) if one.applies_when is None else ()
    if any(not list(_lacks(part, able)) for part in together):
        return CriterionHeld(one, "partly", lacks)
    return CriterionHeld(one, "found", lacks)


def _together(check: c.Condition) -> tuple[c.Condition, ...]:
    """The parts that have to hold together, through names."""
    while isinstance(check, c.Named):
        check = check.body
    if isinstance(check, c.All):
        return tuple(inner for part in check.parts for inner in (_together(part) or (part,)))
    return ()


def _unseen(check: c.Condition, able: Capabilities) -> Iterator[str]:
    for node in c.walk(check):
        if isinstance(node, (c.Children, c.Count, c.Sum)):
            streams = STREAM_OF.get(node.collection)
            if streams is not None and not set(streams) & set(able.streams):
                yield f"its adapter reads no {_WORDS[node.collection]}"
        past = isinstance(node, (c.Children, c.Count, c.Sum)) and node.collection in ("visits", "changes")
        if (past or isinstance(node, c.Changed)) and able.history == "none":
            yield "it keeps no history"
        if isinstance(node, (c.ElementLevel, c.ElementAnswer, c.Proof, *_FRAMEWORK)) and not able.custom_fields:
            yield "it takes no fields of our own, which evidence needs"


_FRAMEWORK = (c.FrameworkIs, c.FrameworkScore, c.FrameworkBand)


def _lacks(check: c.Condition, able: Capabilities) -> Iterator[str]:
    """What keeps the CRM from holding a condition itself."""
    holds = able.holds
    if isinstance(check, c.Named):
        yield from _lacks(check.body, able)
    elif isinstance(check, c.All):
        # what has to hold together may be several rules
        for part in check.parts:
            yield from _lacks(part, able)
    elif isinstance(check, (c.AnyOf, c.Not)):
        if not holds.joined:
            yield _UNJOINED if holds.operators else _BARE
        for part in c.parts(check):
            yield from _lacks(part, able)
    elif isinstance(check, c.Test):
        yield from _test(check, able)
    else:
        yield _KINDS[type(check)]


def _test(check: c.Test, able: Capabilities) -> Iterator[str]:
    holds = able.holds
    if _is_required(check):
        if not holds.required and "filled" not in holds.operators:
            yield _BARE
        return
    key = check.operator.key
    if not holds.operators:
        yield _BARE
    elif key not in holds.operators:
        yield f"it has no test like `{key}`"
    elif check.ref.child:
        yield "it looks at the deal's own fields alone"
    for operand in check.operands:
        if isinstance(operand, c.Clock):
            yield "it does not reckon with the calendar of the process"


def _is_required(check: c.Condition) -> bool:
    """Whether a condition only asks that a field of the deal is filled."""
    while isinstance(check, c.Named):
        check = check.body
    if not isinstance(check, c.Test) or check.ref.child or check.operator.key != "filled":
        return False
    (wanted,) = check.operands
    return isinstance(wanted, c.Literal) and wanted.value is True


_BARE = "it asks for fields, and tests none"
_UNJOINED = "it cannot join tests in one rule"
_KINDS: Mapping[type, str] = {
    c.Children: "it does not look at records beside the deal",
    c.Count: "it does not look at records beside the deal",
    c.Sum: "it does not look at records beside the deal",
    c.Changed: "its rules do not know what a field was before",
    c.ElementLevel: "it has no levels of proof",
    c.ElementAnswer: "it has no levels of proof",
    c.Proof: "it has no levels of proof",
    c.FrameworkIs: "it has no scores of a framework",
    c.FrameworkScore: "it has no scores of a framework",
    c.FrameworkBand: "it has no scores of a framework",
    c.CriterionRef: "it has no verdicts to build on",
}


def _fields(process: Process, able: Capabilities, mapped: Mapping[str, tuple[str, ...]]) -> Iterator[FieldHeld]:
    asked = {
        ref.field.id: ref.field
        for one in _criteria(process)
        for check in (one.check, one.applies_when)
        if check is not None
        for ref in c.refs(check)
        if ref.field.scope == "deal" and not ref.child
    }
    for name in (n for n in process.catalogue.deal if n in asked):
        one = asked[name]
        if name in mapped:
            yield FieldHeld(name, one.title, one.type, "standard", mapped[name])
        elif one.derived:
            yield FieldHeld(name, one.title, one.type, "derived")
        elif not able.custom_fields:
            yield FieldHeld(name, one.title, one.type, "none")
        else:
            yield FieldHeld(name, one.title, one.type, "custom" if one.type in able.holds.types else "text")


def _does(able: Capabilities) -> tuple[str, ...]:
    said = ["judges every deal anew when it changed"]
    if "set_fields" in able.actions and able.custom_fields:
        said.append("writes into its fields how ready it is and what is missing")
    if "create_task" in able.actions:
        said.append("gives its owner a task")
    elif "note" in able.actions:
        said.append("leaves a note on it")
    if "move_stage" in able.actions:
        said.append("moves it back where it went past a gate that blocks")
    return tuple(said)


def _once(said: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(said))
