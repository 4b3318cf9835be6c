"""A difference in words: what it is about, and what is so now that was not so before."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from dealgate.compile.words import Words, sentence, value
from dealgate.documents.host import host
from dealgate.documents.nodes import Map, Node, Seq
from dealgate.documents.places import Path, by_id, identity, is_condition, plain_at
from dealgate.documents.whole import Whole
from dealgate.model.condition import Condition
from dealgate.model.process import Process

_REWORDED = frozenset(
    "title description objective docs proof fix coach question pitfall tags coaching failure_patterns why action "
    "definition suits levels".split()
)
"""What is there for a reader alone."""
ENFORCED = {
    "block": "it holds the deal", "approve": "it needs approval", "warn": "it warns", "observe": "it is only counted",
}  # fmt: skip
_CRITERIA = {
    "enter": "", "exit": "", "capture": "", "becomes_opportunity_when": "lead", "recycle": "recycle", "won": "won",
    "lost": "lost", "commit": "commit",
}  # fmt: skip
_PLACES = {
    "lead": "Lead", "outcomes": "", "won": "Won", "lost": "Lost", "forecast": "Forecast", "commit": "Commit", "moves":
    "Moves", "overrides": "Overrides", "calendar": "Calendar", "score": "Score", "use": "Uses", "suits": "Suits",
    "becomes_opportunity_when": "", "require": "", "stages": "", "enter": "", "exit": "", "capture": "", "slas": "",
    "params": "Parameter", "fields": "Field", "evidence_types": "Proof", "conditions": "Condition", "elements": "",
    "frameworks": "", "reasons": "Reason", "disqualify": "", "bands": "Band", "criteria": "", "elements_": "",
}  # fmt: skip
_LABELS = {
    "applies_to": "which deals it judges", "category": "the forecast category", "coach": "the coaching question",
    "coaching": "the coaching questions", "counts_as": "what it counts as", "default": "the value",
    "definition": "the definition", "description": "the description", "due": "the stage it is due by",
    "expires": "how long an exception lasts", "failure_patterns": "the failure patterns", "fix": "how to mend it",
    "health": "the health metrics", "in_flight": "what holds for deals under way", "max_age": "the longest stay",
    "objective": "the objective", "owner": "the owner", "pass": "the pass mark", "pitfall": "the pitfall",
    "placeholders": "the placeholders", "probability": "the probability", "proof": "the proof",
    "question": "the question", "require_reason": "whether a reason is asked", "since": "the day it holds from",
    "stays": "whether it is judged in later stages too", "title": "the title", "weight": "the weight",
    "within": "the promised time",
}  # fmt: skip


@dataclass(frozen=True)
class Sides:
    """The two documents, to look up titles and conditions in."""

    old: Whole
    new: Whole
    renamed: Mapping[str, str] = field(default_factory=dict)
    """Stages that have another id on the newer side."""

    def clause(self, place: Path, *, new: bool) -> str | None:
        """The condition at a place in the middle of a sentence; None where it has no words."""
        words = self._new if new else self._old
        if words is None:
            return None
        found = _condition(words.process, self.now(place) if new else place)
        return None if found is None else words.clause(found)

    def title(self, place: Path) -> str:
        """The title of the thing at a place, of the newer side that has it; its id where it has none."""
        for side, here in ((self.new, self.now(place)), (self.old, place)):
            node = _at(side, here)
            title = plain_at(node, "title") if isinstance(node, Map) else None
            if title:
                return str(title)
        return place[-1]

    def now(self, place: Path) -> Path:
        """A place of the older side as the newer one has it."""
        if len(place) > 1 and place[0] == "stages":
            return ("stages", self.renamed.get(place[1], place[1]), *place[2:])
        return place

    def param(self, name: str, *, new: bool) -> str | None:
        """A parameter's value as a person writes it."""
        words = self._new if new else self._old
        held = words.process.params.get(name) if words is not None else None
        return None if held is None else value(held)

    @cached_property
    def _old(self) -> Words | None:
        return _words(self.old)

    @cached_property
    def _new(self) -> Words | None:
        return _words(self.new)


def _words(side: Whole) -> Words | None:
    process = side.loaded.process
    if process is None and side.loaded.framework is not None:
        process = host(side.loaded.framework)
    return Words(process) if process is not None else None


def _at(side: Whole, place: Path) -> Node | None:
    node: Node | None = side.root
    if place[0] == "frameworks" and len(place) > 1 and place[1] in side.frameworks:
        node, place = side.frameworks[place[1]], place[2:]
    for key in place:
        if isinstance(node, Map):
            node = node.items.get(key)
        elif isinstance(node, Seq):
            node = next((item for item in node.items if identity(item) == key), None)
        else:
            return None
    return node


def criterion_id(place: Path) -> str | None:
    """The qualified id of the criterion that a place belongs to, or None."""
    if len(place) >= 4 and place[0] == "stages" and place[2] in ("enter", "exit"):
        return f"{place[1]}.{place[3]}"
    if len(place) >= 4 and place[0] == "stages" and place[2] == "capture":
        return f"{place[1]}.has-{place[3].replace('_', '-').replace('.', '-')}"
    if place[:2] == ("lead", "becomes_opportunity_when") and len(place) > 2:
        return f"lead.{place[2]}"
    if place[0] in ("outcomes", "forecast") and len(place) > 3 and place[2] == "require":
        return f"{place[1]}.{place[3]}"
    return None


def _condition(process: Process, place: Path) -> Condition | None:
    key = place[-1]
    name = criterion_id(place)
    criterion = process.criterion(name) if name else None
    if criterion is not None:
        return criterion.applies_when if key == "applies_when" else criterion.check
    if place == ("applies_to",):
        return process.applies_to
    if place[0] == "conditions" and len(place) == 2:
        return process.conditions.get(place[1])
    if "frameworks" in place or process.stages == ():
        framework = process.frameworks.get(place[1] if place[0] == "frameworks" else process.id)
        if framework is not None and key == "qualified_when":
            return framework.qualified_when
        if framework is not None and "disqualify" in place:
            wanted = place[place.index("disqualify") + 1]
            return next((d.when for d in framework.disqualify if d.id == wanted), None)
    return None


def is_reworded(path: Path) -> bool:
    """Whether what stands at the path is words for a reader."""
    return bool(_REWORDED & {path[-1], path[0]}) or (
        path[-2:-1] != () and path[-2] in _REWORDED and not by_id(path[:-1])
    )


def said(place: Path, old: Any, new: Any, sides: Sides, *, item: bool, order: bool, renamed: str) -> tuple[str, str]:
    """What a difference is about, and what it is, as a sentence."""
    if renamed:
        return _subject(place, sides), f"The stage `{place[-1]}` is now `{renamed}`."
    if order:
        return "Stages", "They stand in another order."
    if item:
        return _subject(place, sides), _came_or_went(place, old, new, sides)
    return _subject(place[:-1], sides) or sides.new.resolved.word("title"), _sentence(_value(place, old, new, sides))


def _sentence(text: str) -> str:
    return sentence(text) if text[-1:] not in ".”" else text[:1].upper() + text[1:]


def _subject(place: Path, sides: Sides) -> str:
    """``Qualification – “The buyer has stated a problem”``: the titles of what the place lies in."""
    parts: list[str] = []
    for n, key in enumerate(place):
        here, above = place[: n + 1], place[n - 1] if n else ""
        if n == 1 and above == "frameworks":
            parts.append(sides.title(here))
        elif above in _LISTED:
            title = sides.title(here)
            inner = above not in ("stages", "frameworks", "elements")
            parts.append(f"“{title}”" if inner and title != key else title)
        elif _PLACES.get(key, key):
            parts.append(_PLACES.get(key) or key.replace("_", " ").capitalize())
    return " – ".join(parts)


_LISTED = frozenset(
    "stages enter exit capture slas require becomes_opportunity_when reasons criteria elements disqualify bands rules "
    "plays params fields evidence_types conditions frameworks inspections".split()
)


def _came_or_went(place: Path, old: Any, new: Any, sides: Sides) -> str:
    came, kind = old is None, place[-2] if len(place) > 1 else ""
    held = new if came else old
    name = criterion_id(place)
    if name is not None and kind == "capture":
        return "This field must now be filled in." if came else "This field need not be filled in any more."
    if name is not None:
        clause = sides.clause((*place, "check"), new=came)
        enforce = held.get("enforce", "block") if isinstance(held, dict) else "block"
        asks = f"{clause[:1].upper()}{clause[1:]}" if clause else "A new criterion"
        if came:
            return f"{asks}; otherwise {ENFORCED[str(enforce)]}."
        return f"No longer asked: {clause}." if clause else "No longer asked."
    noun = _NOUNS.get(kind, "entry")
    return f"A new {noun}." if came else f"The {noun} is gone."


_NOUNS = {
    "bands": "band", "conditions": "condition", "criteria": "criterion", "disqualify": "reason to take a deal out",
    "elements": "element", "evidence_types": "kind of proof", "fields": "field", "frameworks": "framework",
    "inspections": "inspection", "params": "parameter", "plays": "play", "reasons": "reason", "slas": "promised time",
    "stages": "stage",
}  # fmt: skip


def _value(place: Path, old: Any, new: Any, sides: Sides) -> str:
    key = place[-1]
    if is_condition(place):
        return _conditions(place, old, new, sides)
    if key == "enforce":
        was, now = ENFORCED.get(str(old or "block"), str(old)), ENFORCED.get(str(new or "block"), str(new))
        return f"where it is not met, {now}; before, {was}"
    if key == "default" and place[0] == "params":
        value_now, value_before = sides.param(place[1], new=True), sides.param(place[1], new=False)
        return f"it is {value_now or shown(new)}; before, {value_before or shown(old)}"
    label = _label(place)
    if is_reworded(place) and isinstance(old, str) and isinstance(new, str):
        return f"{label}: “{new}” Before: “{old}”"
    if old is None:
        return f"{label} is now {shown(new)}; before, there was none"
    if new is None:
        return f"{label} is gone; it was {shown(old)}"
    return f"{label} is {shown(new)}; before, {shown(old)}"


def _label(place: Path) -> str:
    if place[-1] == "max_age" and len(place) > 1 and place[-2] not in ("stages",) and place[0] != "stages":
        return "the time that proof stays valid"
    return _LABELS.get(place[-1], f"the {place[-1].replace('_', ' ')}")


def _conditions(place: Path, old: Any, new: Any, sides: Sides) -> str:
    before = None if old is None else sides.clause(place, new=False) or shown(old)
    after = None if new is None else sides.clause(place, new=True) or shown(new)
    only = place[-1] in ("applies_when", "applies_to")
    if only and before is None:
        return f"it applies only where {after}; before, to every deal"
    if only and after is None:
        return f"it applies to every deal; before, only where {before}"
    verb = "it applies where" if only else "it asks that"
    if before is None or after is None:
        return f"{verb} {after}" if after else f"it no longer asks that {before}"
    return f"{verb} {after}; before, that {before}" if not only else f"{verb} {after}; before, where {before}"


def shown(held: Any) -> str:
    """A plain value for a reader: texts in quotation marks unless they are one word of the language."""
    if held is None:
        return "nothing"
    if isinstance(held, bool):
        return "yes" if held else "no"
    if isinstance(held, list):
        return ", ".join(shown(one) for one in held) or "nothing"
    if isinstance(held, dict):
        return json.dumps(held, ensure_ascii=False, default=str)
    text = str(held)
    return f"“{text}”" if " " in text and not text[:1].isdigit() else text
